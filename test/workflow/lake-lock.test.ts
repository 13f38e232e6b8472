import { WorkflowNotFoundError } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { lockActivities } from '../../activities/lock.ts';
import { LAKE_LOCK_ID, LAKE_LOCK_TYPE, LAKE_STATE } from '../../workflows/names.ts';
import { fakeLake, fakeLakes, gate, opened } from './fake-lake.ts';
import { bundleWorkflows, localServer, ownName, startRun, startWorker } from './temporal.ts';

type Execution = { workflowId: string; runId: string };
type State = { holder: Execution | null; queue: Execution[]; granted: number };

const { activities, lakes } = fakeLakes();
const taskQueue = 'lake';
let server: TestWorkflowEnvironment;
let worker: { stop: () => Promise<void> };
beforeAll(async () => {
  const [started, workflowBundle] = await Promise.all([localServer(), bundleWorkflows()]);
  server = started;
  worker = await startWorker({ server, workflowBundle }, activities, taskQueue);
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

/** Starts a run that asks for the lake `times` times, as retries do, and once it has the lake keeps it until `leave`. */
async function ask(name: string, times = 1) {
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
      return opened(request, { decision: 'superseded', message: '' });
    },
  });
  lakes.set(workflowId, lake);
  const handle = await startRun(server.client, { workflowId, taskQueue });
  cleanUps.push(keeping.open, () => terminate(workflowId));
  const execution = { workflowId, runId: handle.firstExecutionRunId };
  return { handle, execution, has: keeping.reached, leave: keeping.open };
}

const state = () => server.client.workflow.getHandle(LAKE_LOCK_ID).query<State>(LAKE_STATE);
const untilState = (wanted: Partial<State>) =>
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

  test('passes on when its holder is terminated', async () => {
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    await first.handle.terminate();
    await second.has;
    await untilState({ holder: second.execution, queue: [] });
  });

  test('passes on when its holder is cancelled', async () => {
    const first = await ask('first');
    await first.has;
    const second = await ask('second');
    await untilState({ queue: [second.execution] });
    await first.handle.cancel();
    first.leave();
    await second.has;
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
    const first = await ask('first', 2);
    await first.has;
    const second = await ask('second', 3);
    await untilState({ queue: [second.execution] });
    expect(await state()).toEqual({ holder: first.execution, queue: [second.execution], granted: 1 });
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
    await untilState({ holder: first.execution, queue: [second.execution], granted: 1 });
    expect(order).toEqual(['first']);
    first.leave();
    await second.has;
    expect(order).toEqual(['first', 'second']);
  });
});
