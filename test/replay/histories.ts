import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { historyFile, readHistories, writeHistory } from '../../workers/histories.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const ROOT = join(import.meta.dirname, '..', '..');

/** All histories that are committed. */
export const recordedHistories = () => readHistories(FOLDER);

/** Adds the history of an execution; one of that name that is there already is never changed. Returns whether it was added. */
export async function addHistory(name: string, handle: WorkflowHandle): Promise<boolean> {
  if (existsSync(historyFile(FOLDER, name))) return false;
  await writeHistory(FOLDER, name, withoutMachine(historyToJSON(await handle.fetchHistory())));
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
