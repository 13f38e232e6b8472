import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { lockActivities } from '../../activities/lock.ts';
import { duration } from '../../cli/histories.ts';
import { readHistories } from '../../workers/histories.ts';
import { pullHistories, type Wanted } from '../../workers/pull-histories.ts';
import { replayFailures } from '../../workers/replay.ts';
import { LAKE_LOCK_ID } from '../../workflows/names.ts';
import { fakeLake, fakeLakes } from '../workflow/fake-lake.ts';
import { bundleWorkflows, localServer, startRun, startWorker } from '../workflow/temporal.ts';

const HOUR = 3_600_000;
const taskQueue = 'pod-bank-data-lake';
let server: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;
let worker: { stop: () => Promise<void> };

/** Two runs that are closed, and the lake's lock, which runs for ever. */
beforeAll(async () => {
  [server, workflowBundle] = await Promise.all([localServer(), bundleWorkflows()]);
  const { activities, lakes } = fakeLakes();
  const lock = lockActivities();
  lakes.set(LAKE_LOCK_ID, fakeLake(lock));
  worker = await startWorker({ server, workflowBundle }, activities, taskQueue);
  for (const workflowId of ['data-lake-run-1', 'data-lake-run-2']) {
    lakes.set(workflowId, fakeLake(lock));
    await (await startRun(server.client, { workflowId, taskQueue })).result();
  }
  // What the server lists comes a moment after what it does.
  await vi.waitFor(async () => expect(await pulled({})).toHaveLength(3), { timeout: 20_000, interval: 200 });
});
afterAll(async () => {
  await worker?.stop();
  await server?.teardown();
});

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function pulled(wanted: Partial<Wanted>) {
  const folder = await mkdtemp(join(tmpdir(), 'pulled-'));
  folders.push(folder);
  await pullHistories(server.client, folder, { since: new Date(Date.now() - HOUR), limit: 10, ...wanted });
  return readHistories(folder);
}
const names = (histories: { workflowId: string }[]) =>
  histories.map(({ workflowId }) => workflowId.slice(0, -37)).sort();

test('what is pulled from the server is every workflow of the lake, whole, and replays', async () => {
  const histories = await pulled({});
  expect(names(histories)).toEqual(['data-lake-run-1', 'data-lake-run-2', LAKE_LOCK_ID]);
  for (const { workflowId, history } of histories.filter((one) => !one.workflowId.startsWith(LAKE_LOCK_ID)))
    expect(history.events.at(-1)?.eventType, workflowId).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
  expect(await replayFailures(workflowBundle, histories)).toEqual([]);
});

test('what was closed before the time that is asked for is left out, what runs is not', async () => {
  expect(names(await pulled({ since: new Date(Date.now() + HOUR) }))).toEqual([LAKE_LOCK_ID]);
});

test('one type alone can be asked for, and no more than a number', async () => {
  expect(names(await pulled({ type: 'dataLakeRun' }))).toEqual(['data-lake-run-1', 'data-lake-run-2']);
  expect(await pulled({ type: 'dataLakeRun', limit: 1 })).toHaveLength(1);
  expect(await pulled({ type: 'rebuildVerify' })).toEqual([]);
});

test.each([
  ['90m', 90 * 60_000],
  ['12h', 12 * HOUR],
  ['7d', 7 * 24 * HOUR],
  ['2w', 14 * 24 * HOUR],
])('a duration is written as %s', (text, milliseconds) => {
  expect(duration(text)).toBe(milliseconds);
});

test.each(['7', 'd', '-1d', '0d', '7 d', '1.5d', '7days'])('"%s" is no duration', (text) => {
  expect(() => duration(text)).toThrow(/looks like 90m, 12h, 7d or 2w/);
});
