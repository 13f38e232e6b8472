import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const FOLDER = join(import.meta.dirname, 'histories');
const ENDING = '.json.gz';
const ROOT = join(import.meta.dirname, '..', '..');

export type RecordedHistory = { workflowId: string; history: { events: HistoryEvent[] } };
type HistoryEvent = { activityTaskScheduledEventAttributes?: { activityType: { name: string } } };

/** All recorded histories. In place of the workflow's id stands the history's name, so that what fails to replay is named. */
export async function recordedHistories(): Promise<RecordedHistory[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(ENDING)).sort();
  return Promise.all(
    files.map(async (file) => ({
      workflowId: file.slice(0, -ENDING.length),
      history: JSON.parse(gunzipSync(await readFile(join(FOLDER, file))).toString()),
    })),
  );
}

/** Adds the history of an execution; one of that name that is there already is never changed. Returns whether it was added. */
export async function addHistory(name: string, handle: WorkflowHandle): Promise<boolean> {
  const file = join(FOLDER, `${name}${ENDING}`);
  if (existsSync(file)) return false;
  const text = withoutMachine(historyToJSON(await handle.fetchHistory()));
  await mkdir(FOLDER, { recursive: true });
  await writeFile(file, gzipSync(text, { level: 9 }));
  return true;
}

/**
 * Leaves out where a history was made: stack traces, and who worked on it, which sticky queues are named after too.
 * @throws Error when a name of this machine is left, be it inside a payload.
 */
function withoutMachine(json: string): string {
  const workers = new Set<string>();
  const payloads: string[] = [];
  const history = JSON.parse(json, (key, value) => {
    if (key === 'stackTrace') return undefined;
    if (key === 'identity' && value) workers.add(value);
    if (key === 'data' && typeof value === 'string') payloads.push(Buffer.from(value, 'base64').toString());
    return value;
  });
  let text = JSON.stringify(history);
  for (const worker of workers) text = text.replaceAll(worker, 'worker');
  const left = [ROOT, homedir(), hostname()].find((name) => [text, ...payloads].some((part) => part.includes(name)));
  if (left) throw new Error(`the history names this machine: "${left}" is in it`);
  return text;
}
