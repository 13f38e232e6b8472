import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { lockActivities } from '../../activities/lock.ts';
import { holderLine, readLock } from '../../cli/lock.ts';
import { LAKE_LOCK_ID, LAKE_LOCK_TYPE, LAKE_STATE, REQUEST_LAKE } from '../../workflows/names.ts';
import type { LakeState } from '../../workflows/types.ts';
import { fakeLake, fakeLakes, gate, opened } from './fake-lake.ts';
import { bundleWorkflows, localServer, ownName, sendRaw, startRun, startWorker, UNREADABLE } from './temporal.ts';

const { activities, lakes } = fakeLakes();
const taskQueue = 'lake';
let server: TestWorkflowEnvironment;
let worker: { stop: () => Promise<void> };
let newWorker: () => Promise<typeof worker>;
beforeAll(async () => {
  const [started, workflowBundle] = await Promise.all([localServer(), bundleWorkflows()]);
  server = started;
  newWorker = () => startWorker({ server, workflowBundle }, activities, taskQueue);
  worker = await newWorker();
  lakes.set(LAKE_LOCK_ID, fakeLake(lockActivities()));
});
afterAll(async () => {
  await worker?.stop();
  await server?.teardown();
});

/** Runs that got the lake, in the order in which they got it. */
let order: string[] = [];
const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  await terminate(LAKE_LOCK_ID);
  order = [];
});

const terminate = (workflowId: string) =>
  server.client.workflow
    .getHandle(workflowId)
    .terminate()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });

type Asking = { times?: number; fails?: boolean; runTimeout?: number };

/** Starts a run that asks for the lake `times` times, as retries do, and once it has the lake keeps it until `leave`. */
async function ask(name: string, { times = 1, fails = false, runTimeout }: Asking = {}) {
  const workflowId = ownName(name);
  const keeping = gate();
  const lock = lockActivities();
  const lake = fakeLake({
    async enterLakeQueue(request) {
      for (let time = 0; time < times; time += 1) await lock.enterLakeQueue(request);
    },
    async openRun(request) {
      order.push(name);
      await keeping.wait();
      if (fails) throw ApplicationFailure.nonRetryable('a bug');
      return opened(request, { decision: 'superseded', message: '' });
    },
  });
  lakes.set(workflowId, lake);
  const handle = await startRun(server.client, {
    ...{ workflowId, taskQueue },
    ...(runTimeout && { workflowRunTimeout: runTimeout }),
  });
  cleanUps.push(keeping.open, () => terminate(workflowId));
  const execution = { workflowId, runId: handle.firstExecutionRunId };
  return { handle, execution, has: keeping.reached, leave: keeping.open };
}

type Asked = Awaited<ReturnType<typeof ask>>;

/** A worker of the lock in a process of its own. */
async function lockWorker(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('lock-worker.ts', import.meta.url)), [server.address, 'lock-alone'], {
    stdio: 'ignore',
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

/** Until a worker has begun to watch the holder. */
const untilWatched = () =>
  vi.waitFor(
    async () => {
      const { raw } = await server.client.workflow.getHandle(LAKE_LOCK_ID).describe();
      expect(raw.pendingActivities).toMatchObject([{ lastWorkerIdentity: expect.stringMatching(/@/) }]);
    },
    { timeout: 20_000, interval: 50 },
  );

const state = () => server.client.workflow.getHandle(LAKE_LOCK_ID).query<LakeState>(LAKE_STATE);
const untilState = (wanted: Partial<LakeState>) =>
  vi.waitFor(async () => expect(await state()).toMatchObject(wanted), { timeout: 10_000, interval: 20 });

describe('the lake', () => {
  test('is given to one run at a time, in the order of asking', async () => {
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    const third = await ask('third');
    await untilState({ holder: first.execution, queue: [second.execution, third.execution] });
    expect(order).toEqual(['first']);
    first.leave();
    await second.has;
    await untilState({ holder: second.execution, queue: [third.execution] });
    expect(order).toEqual(['first', 'second']);
    second.leave();
    await third.has;
    third.leave();
    await untilState({ holder: null, queue: [], granted: 3 });
  });

  test.each<[string, Asking, (holder: Asked) => unknown]>([
    ['is completed', {}, ({ leave }) => leave()],
    ['fails', { fails: true }, ({ leave }) => leave()],
    ['is terminated', {}, ({ handle }) => handle.terminate()],
    ['times out', { runTimeout: 1_000 }, () => undefined],
    [
      'is cancelled',
      {},
      async ({ handle, leave }) => {
        await handle.cancel();
        leave();
      },
    ],
  ])('passes on when its holder %s', async (_how, asking, end) => {
    const first = await ask('first', asking);
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [expect.objectContaining(second.execution)] });
    await end(first);
    await second.has;
    await untilState({ holder: expect.objectContaining(second.execution), queue: [] });
  });

  test('passes over who was closed before the turn came', async () => {
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    const third = await ask('third');
    await untilState({ queue: [second.execution, third.execution] });
    await second.handle.terminate();
    first.leave();
    await third.has;
    expect(order).toEqual(['first', 'third']);
    expect(await state()).toMatchObject({ holder: third.execution, granted: 2 });
  });

  test('is not asked for twice by one run: neither while it holds nor while it waits', async () => {
    const first = await ask('first', { times: 2 });
    await first.has;
    const second = await ask('second', { times: 3 });
    await untilState({ queue: [second.execution] });
    const { holder, queue, granted } = await state();
    expect([holder, ...queue]).toMatchObject([first.execution, second.execution]);
    expect([queue.length, granted]).toEqual([1, 1]);
  });

  test('is passed on by the next worker when its holder closed while there was none', async () => {
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    first.leave();
    await worker.stop();
    await first.handle.terminate();
    worker = await newWorker();
    await second.has;
    expect(order).toEqual(['first', 'second']);
  });

  test('is passed on by the next worker when that of the lock was killed, and the holder is closed before there is another', async () => {
    const killed = await lockWorker();
    await server.client.workflow.start(LAKE_LOCK_TYPE, { workflowId: LAKE_LOCK_ID, taskQueue: 'lock-alone' });
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ holder: first.execution, queue: [second.execution] });
    await untilWatched();

    killed.kill('SIGKILL');
    first.leave();
    await first.handle.result();
    await lockWorker();

    await second.has;
    expect(await state()).toMatchObject({ holder: second.execution, queue: [], granted: 2 });
  }, 90_000);

  test('is given to each of fifty runs that ask at once, in the order in which their requests came', async () => {
    const watched: string[] = [];
    const closing = gate();
    const awaitClosed = async ({ workflowId }: { workflowId: string }) => {
      watched.push(workflowId);
      await closing.wait();
      return 'completed';
    };
    lakes.set(LAKE_LOCK_ID, fakeLake({ awaitClosed }));
    cleanUps.push(closing.open, () => lakes.set(LAKE_LOCK_ID, fakeLake(lockActivities())));
    const { client } = server;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        // Nobody works on this queue: they do nothing but be there, to be told.
        const requester = { workflowId: ownName('one of fifty'), taskQueue: 'nobody' };
        const { firstExecutionRunId: runId } = await startRun(client, requester);
        cleanUps.push(() => terminate(requester.workflowId));
        const signalArgs = [{ workflowId: requester.workflowId, runId }];
        const lock = { workflowId: LAKE_LOCK_ID, taskQueue, signal: REQUEST_LAKE, signalArgs };
        await client.workflow.signalWithStart(LAKE_LOCK_TYPE, lock);
      }),
    );
    await vi.waitFor(async () => expect((await state()).queue).toHaveLength(49), { timeout: 10_000, interval: 20 });
    const { holder, queue } = await state();
    closing.open();
    await untilState({ holder: null, queue: [], granted: 50 });
    expect(watched).toEqual([holder, ...queue].map((place) => place?.workflowId));
    expect(new Set(watched).size).toBe(50);
  }, 60_000);

  test('is not kept from the others by a signal that is no request, nor by cancelling the lock', async () => {
    const first = await ask('first');
    await first.has;
    const lock = server.client.workflow.getHandle(LAKE_LOCK_ID);
    for (const bad of [undefined, null, 'data-lake-run', {}, { workflowId: 'x' }, { workflowId: 'x', runId: 7 }])
      await lock.signal(REQUEST_LAKE, bad);
    for (const payload of UNREADABLE) await sendRaw(server, LAKE_LOCK_ID, REQUEST_LAKE, [payload]);
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    await sendRaw(server, second.execution.workflowId, 'nobodyKnows', UNREADABLE);
    await lock.cancel();
    first.leave();
    await second.has;
    expect(await state()).toMatchObject({ holder: second.execution, granted: 2 });
  });

  test('stays with its holder, and keeps its queue, when the history is cut', async () => {
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    const handedOver = await state();
    // The lock's next run begins with what its last one handed over.
    await server.client.workflow.getHandle(LAKE_LOCK_ID).terminate();
    await server.client.workflow.start(LAKE_LOCK_TYPE, { workflowId: LAKE_LOCK_ID, taskQueue, args: [handedOver] });
    await vi.waitFor(async () => expect(await state()).toEqual(handedOver), { timeout: 10_000 });
    expect(order).toEqual(['first']);
    first.leave();
    await second.has;
    expect(order).toEqual(['first', 'second']);
  });
});

describe('whoever looks at the lock', () => {
  const details = async () => {
    const handle = server.client.workflow.getHandle(LAKE_LOCK_ID);
    return (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
  };
  /** When the server took the requests and the lock's grant, by the lock's own history. */
  const times = async () => {
    const { events } = await server.client.workflow.getHandle(LAKE_LOCK_ID).fetchHistory();
    return (events ?? []).map(({ eventTime }) => Number(eventTime?.seconds) * 1000 + (eventTime?.nanos ?? 0) / 1e6);
  };

  test('reads who holds the lake and who waits, each since when', async () => {
    expect(await readLock(server.client)).toBeNull();
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    const told = await readLock(server.client);
    const since = [told?.holder, ...(told?.queue ?? [])].map((place) => place?.since ?? '');
    const [began = 0, ...later] = await times();
    for (const instant of since) {
      expect(Date.parse(instant)).toBeGreaterThanOrEqual(Math.floor(began));
      expect(Date.parse(instant)).toBeLessThanOrEqual(Math.ceil(later.at(-1) ?? 0));
    }
    expect([...since].sort()).toEqual(since);
    expect(await details()).toContain(`**Writes the lake now:** ${first.execution.workflowId} since ${since[0]}`);
    expect(await details()).toContain(`| 1 | ${second.execution.workflowId} | since ${since[1]} |`);
    expect(holderLine(told, new Date(Date.parse(since[0] ?? '') + 240_000))).toBe(
      `${first.execution.workflowId} writes the lake since ${since[0]} (4 min); 1 grant so far.`,
    );
  });

  test('reads it too of a lock that an older release began, which noted no times', async () => {
    const holder = { workflowId: 'of yesterday', runId: crypto.randomUUID() };
    const watched = gate();
    lakes.set(
      LAKE_LOCK_ID,
      fakeLake({ ...lockActivities(), awaitClosed: () => watched.wait().then(() => 'completed') }),
    );
    cleanUps.push(watched.open, () => lakes.set(LAKE_LOCK_ID, fakeLake(lockActivities())));
    const args = [{ holder, queue: [{ ...holder, workflowId: 'waiting' }], granted: 3 }];
    await server.client.workflow.start(LAKE_LOCK_TYPE, { workflowId: LAKE_LOCK_ID, taskQueue, args });
    await watched.reached;
    expect(holderLine(await readLock(server.client), new Date())).toBe(
      'of yesterday writes the lake; 3 grants so far.',
    );
    expect(await details()).toContain('| 1 | waiting | since before this was noted |');
  });
});
