import { Context, heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { handedOver } from '../../activities/handover.ts';
import { lockActivities } from '../../activities/lock.ts';
import { describeDeployment, makeCurrent, ramp, takeOver } from '../../workers/deployments.ts';
import * as workflows from '../../workflows/index.ts';
import { LAKE_LOCK_ID } from '../../workflows/names.ts';
import type { LakeActivities } from '../../workflows/types.ts';
import { VERSIONING } from '../../workflows/versioning.ts';
import { fakeLake, fakeLakes, gate, untilCancelled } from './fake-lake.ts';
import { bundleWorkflows, localServer, ownName, startRun, startWorker } from './temporal.ts';

const taskQueue = 'lake';
const { activities, lakes } = fakeLakes();
/** Which worker played the activities of which workflow, told as `activity@worker`. */
const played = new Map<string, string[]>();
let server: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;
const workers: { stop: () => Promise<void> }[] = [];
/** Lets go on what a test left waiting, so that its workers can stop. */
const cleanUps: (() => void)[] = [];
beforeAll(async () => {
  [server, workflowBundle] = await Promise.all([localServer(), bundleWorkflows()]);
  lakes.set(LAKE_LOCK_ID, fakeLake(handedOver(lockActivities())));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await server.client.workflow
    .getHandle(LAKE_LOCK_ID)
    .terminate()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
});
afterAll(() => server?.teardown());

/** A worker of a version, which notes what it plays under its name. */
async function work(buildId: string, name = buildId) {
  const noted = Object.entries(activities).map(([activity, play]) => [
    activity,
    (...args: never[]) => {
      const { workflowId = '' } = Context.current().info.workflowExecution ?? {};
      played.set(workflowId, [...(played.get(workflowId) ?? []), `${activity}@${name}`]);
      return (play as (...args: never[]) => Promise<unknown>)(...args);
    },
  ]);
  const worker = await startWorker({ server, workflowBundle, buildId }, Object.fromEntries(noted), taskQueue);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= worker.stop());
  workers.push({ stop });
  return { stop };
}

/** Starts a run that asks the real lock for the lake. */
async function start(name: string, changes: Partial<LakeActivities> = {}) {
  const workflowId = ownName(name);
  const { enterLakeQueue } = lockActivities();
  lakes.set(workflowId, fakeLake(handedOver({ enterLakeQueue, ...changes })));
  const handle = await startRun(server.client, { workflowId, taskQueue });
  return { workflowId, handle };
}

/** The server knows a version once a worker of it has asked for work. */
const deploy = (buildId: string) => vi.waitFor(() => makeCurrent(server.client, buildId), { timeout: 10_000 });
const deployment = () => describeDeployment(server.client, taskQueue);
const versionOf = async (buildId: string) =>
  (await deployment())?.versions.find((version) => version.buildId === buildId);
const workersOf = (workflowId: string) => [...new Set(played.get(workflowId)?.map((call) => call.split('@')[1]))];

test('every workflow has a line that says what a deployment does to it', () => {
  expect(Object.keys(VERSIONING).sort()).toEqual(Object.keys(workflows).sort());
});

test('a run ends on the version on which it began, while what begins goes to the next one, and the lock goes over to it', async () => {
  await work('a');
  await deploy('a');
  const step = gate();
  cleanUps.push(step.open);
  const old = await start('old', { runStep: async () => step.wait().then(() => ({ stepId: 's' })) });
  await step.reached;
  expect((await versionOf('a'))?.lastPoll).not.toBeNull();

  await work('b');
  await deploy('b');
  const young = await start('young');
  // The young run waits for the lake, which the old one holds.
  await vi.waitFor(
    async () => {
      expect(await versionOf('a')).toMatchObject({ runs: [{ workflowId: old.workflowId, pinned: true }] });
      expect((await versionOf('b'))?.runs.map(({ workflowId, pinned }) => ({ workflowId, pinned }))).toEqual(
        expect.arrayContaining([
          { workflowId: young.workflowId, pinned: true },
          { workflowId: LAKE_LOCK_ID, pinned: false },
        ]),
      );
    },
    { timeout: 20_000 },
  );
  expect(await deployment()).toMatchObject({ current: 'b', ramping: null });
  expect(await versionOf('a')).toMatchObject({ state: 'draining' });
  step.open();
  expect(await old.handle.result()).toMatchObject({ outcome: 'published' });
  expect(await young.handle.result()).toMatchObject({ outcome: 'published' });
  expect(workersOf(old.workflowId)).toEqual(['a']);
  expect(workersOf(young.workflowId)).toEqual(['b']);
  await vi.waitFor(async () => expect(await versionOf('a')).toMatchObject({ runs: [] }), { timeout: 10_000 });
});

/** A step that the first `interruptions` attempts see interrupted, each after it told how far it was. */
function interrupted(interruptions: number) {
  const begun = Array.from({ length: interruptions }, () => Promise.withResolvers<void>());
  const found: unknown[] = [];
  const runStep = async () => {
    const { attempt, heartbeatDetails } = Context.current().info;
    if (found.length >= interruptions) return { stepId: 's' };
    found.push({ attempt, told: heartbeatDetails });
    heartbeat(`attempt ${attempt}`);
    begun[found.length - 1]?.resolve();
    return untilCancelled();
  };
  return { begun: begun.map(({ promise }) => promise), found, runStep };
}

test('what a worker waits for when it is told to end is gone on with by the next one of its version', async () => {
  const first = await work('c', 'c1');
  await deploy('c');
  const { begun, found, runStep } = interrupted(1);
  const { workflowId, handle } = await start('handed-over', { runStep });
  await begun[0];
  await first.stop();
  await work('c', 'c2');
  await handle.result();
  expect(found).toEqual([{ attempt: 1, told: undefined }]);
  expect(workersOf(workflowId)).toEqual(['c1', 'c2']);
  // Handed over to go on at once: neither found dead after its heartbeat timeout, nor left to the back-off of its retries.
  const { events } = await handle.fetchHistory();
  const failures = events?.flatMap(({ activityTaskStartedEventAttributes: begun }) => begun?.lastFailure ?? []);
  const atOnce = { nanos: 1_000_000 };
  expect(failures).toMatchObject([{ applicationFailureInfo: { type: 'WorkerShutdown', nextRetryDelay: atOnce } }]);
});

test('on one machine the newest worker takes over what was pinned to a version whose workers are gone', async () => {
  const old = await work('d');
  await takeOver(server.client, taskQueue, 'd');
  const { begun, runStep } = interrupted(1);
  const { workflowId, handle } = await start('left-behind', { runStep });
  await begun[0];
  await old.stop();
  await work('e');
  await takeOver(server.client, taskQueue, 'e');
  expect(await handle.result()).toMatchObject({ outcome: 'published' });
  expect(workersOf(workflowId)).toEqual(['d', 'e']);
  expect(await deployment()).toMatchObject({ current: 'e' });
});

test('a version is ramped up to a share, which can be taken back, and whoever decided on an older state is refused', async () => {
  await Promise.all([work('f'), work('g')]);
  await deploy('f');
  await vi.waitFor(async () => expect(await versionOf('g')).toMatchObject({ state: 'inactive' }), { timeout: 10_000 });
  const token = (await deployment())?.token ?? null;
  await ramp(server.client, 'g', 10, token);
  expect(await deployment()).toMatchObject({ current: 'f', ramping: { buildId: 'g', percentage: 10 } });
  expect(await versionOf('g')).toMatchObject({ state: 'ramping' });
  await expect(ramp(server.client, 'g', 50, token)).rejects.toThrow(/FAILED_PRECONDITION/);
  await ramp(server.client, null, 0, null);
  expect(await deployment()).toMatchObject({ current: 'f', ramping: null });
});
