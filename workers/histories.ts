import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** An execution as Temporal recorded it, in the protocol's JSON; in place of the workflow's id stands the history's name. */
export type RecordedHistory = { workflowId: string; history: { events: HistoryEvent[] } };
export type HistoryEvent = {
  eventId: string;
  /** Such as `EVENT_TYPE_ACTIVITY_TASK_SCHEDULED`. */
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
};

const ENDING = '.json.gz';

/** All histories of a folder, by name. @throws Error when there is no such folder. */
export async function readHistories(folder: string): Promise<RecordedHistory[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(ENDING)).sort();
  return Promise.all(
    files.map(async (file) => ({
      workflowId: file.slice(0, -ENDING.length),
      history: JSON.parse(gunzipSync(await readFile(join(folder, file))).toString()),
    })),
  );
}

export const historyFile = (folder: string, name: string) => join(folder, `${name}${ENDING}`);

/** Writes a history, given as the protocol's JSON, over one of that name that may be there. */
export async function writeHistory(folder: string, name: string, json: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(historyFile(folder, name), gzipSync(json, { level: 9 }));
}
