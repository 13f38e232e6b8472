import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { lockActivities } from '../../activities/lock.ts';
import type { BackfillQueue } from '../../workflows/backfill.ts';
import {
  ASK_BACKFILL,
  BACKFILL_PROGRESS,
  BACKFILL_QUEUE_ID,
  BACKFILL_QUEUE_TYPE,
  BACKFILLS,
  backfillId,
  CANCEL_BACKFILL,
} from '../../workflows/names.ts';
import type { LakeActivities, NextReplay } from '../../workflows/types.ts';
import { backfillItem, type FakeLake, fakeLake, gate, PUBLICATION, untilCancelled } from './fake-lake.ts';
import { inOrder } from './play-run.ts';
import { bundleWorkflows, localServer, ownName, sendRaw, startWorker, UNREADABLE } from './temporal.ts';

let server: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  [server, workflowBundle] = await Promise.all([localServer(), bundleWorkflows()]);
});
afterAll(() => server?.teardown());

/** The number of a backfill, as a client sends it. */
const ONE = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('1') };

let taskQueue: string;
const cleanUps: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  taskQueue = ownName('backfill');
});
afterEach(async () => {
  await handle(BACKFILL_QUEUE_ID)
    .terminate()
    .catch(() => undefined);
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const handle = (workflowId: string) => server.client.workflow.getHandle(workflowId);
const child = (backfill: number) => handle(backfillId(backfill));

/** A worker on a lake of the test's own, with the real watching of closed workflows. */
async function onLake(changes: Partial<LakeActivities> = {}): Promise<FakeLake> {
  const { awaitClosed } = lockActivities();
  const lake = fakeLake({ awaitClosed, ...plays(), ...changes });
  const worker = await startWorker({ server, workflowBundle }, lake.activities, taskQueue);
  cleanUps.push(worker.stop);
  return lake;
}

/** Every backfill plays one step, whichever was before it. */
function plays(): Pick<LakeActivities, 'nextReplay' | 'writeDiscard'> {
  const played = new Set<number>();
  return {
    nextReplay: async (backfill) => {
      if (played.has(backfill)) return null;
      played.add(backfill);
      return step(backfill, ['20260105T210000Z', '20260106T090000Z']);
    },
    writeDiscard: async (backfill) => ({ context: step(backfill, []).context, manifest: 's3://controle/discard' }),
  };
}

function step(backfill: number, slots: string[]): NextReplay {
  const context = { run: 9, slot: '20260106T090000Z', attempt: 2, grant: 0, kind: 'backfill' as const, backfill };
  const manifest = `s3://controle/backfill/${backfill}/${slots[0]}/manifest.json`;
  return { step: 'backfill', context, manifest, slots, done: 0, total: 2 };
}

const ask = (request: unknown) =>
  server.client.workflow.signalWithStart(BACKFILL_QUEUE_TYPE, {
    ...{ workflowId: BACKFILL_QUEUE_ID, taskQueue, signal: ASK_BACKFILL, signalArgs: [request] },
  });
const queue = () => handle(BACKFILL_QUEUE_ID).query<BackfillQueue>(BACKFILLS);
const untilQueue = (wanted: object) =>
  vi.waitFor(async () => expect(await queue()).toMatchObject(wanted), { timeout: 20_000, interval: 50 });
const ended = (...states: [number, string][]) => ({
  playing: null,
  waiting: [],
  ended: states.map(([backfill, state]) => ({ backfill, state })),
});

/** What was called until the child was closed: then the queue asks how it ended. */
const ofChild = ({ calls }: FakeLake) => calls.slice(0, calls.indexOf('endCluster backfill') + 1);

test('a backfill plays its slots without the lake, and takes it for the switch', async () => {
  const grants: [string, number | undefined][] = [];
  const lake = await onLake({
    async runStep({ step, grant }) {
      grants.push([step, grant]);
      return { stepId: `s-${step}` };
    },
  });
  await ask({ from: '20260105T210000Z', reason: 'a rule was wrong' });
  await untilQueue(ended([1, 'published']));

  // What moves main is fenced by the grant of the switch.
  expect(grants).toEqual([
    ['backfill', undefined],
    ['publish', 3],
  ]);
  inOrder(
    ofChild(lake),
    ...['runStep backfill', 'recordReplay', 'enterLakeQueue', 'endOlderClusters', 'planSwitch'],
    ...['writeManifest publish', 'runStep publish', `announcePublication ${PUBLICATION}`],
    ...[`completePublication ${PUBLICATION}`, 'updateCatalogue', `confirmPublication ${PUBLICATION}`],
    ...['closeBackfill', 'endCluster backfill'],
  );
  expect(await child(1).result()).toMatchObject({ end: 'published', publication: PUBLICATION });
});

test('what is published while it plays is played with the lake, before the switch', async () => {
  const steps = [step(1, ['20260105T210000Z']), null, step(1, ['20260106T210000Z']), null];
  const lake = await onLake({ nextReplay: async () => steps.shift() ?? null });
  await ask({ from: '20260105T210000Z', reason: 'a rule was wrong' });
  await untilQueue(ended([1, 'published']));

  const calls = lake.calls.filter((call) => /runStep|enterLake|judgeBackfill|planSwitch/.test(call));
  expect(calls).toEqual([
    ...['runStep backfill', 'judgeBackfill 1', 'enterLakeQueue', 'runStep backfill', 'judgeBackfill 1', 'planSwitch'],
    'runStep publish',
  ]);
});

test('slots that fail an audit are not published: the branches are removed, and the reason is told', async () => {
  const judgeBackfill = async () => ({ passed: false, failures: ['slot x: rows are lost'], warnings: [] });
  const lake = await onLake({ judgeBackfill });
  await ask({ from: '20260105T210000Z', reason: 'a rule was wrong' });
  await untilQueue(ended([1, 'failed']));

  expect((await queue()).ended[0]?.message).toContain('slot x: rows are lost');
  expect(lake.calls).not.toContain('planSwitch');
  inOrder(ofChild(lake), 'writeDiscard 1', 'closeBackfill', 'endCluster backfill');
});

test('a request that cannot be done is shown with its reason, and the next is played', async () => {
  await onLake();
  for (const bad of [null, 'nonsense', { from: 7 }]) await ask(bad);
  await handle(BACKFILL_QUEUE_ID).signal(ASK_BACKFILL);
  await ask({ from: '20260105T210000Z', reason: 'a rule was wrong' });

  await untilQueue(ended([5, 'published'], [4, 'rejected'], [3, 'rejected'], [2, 'rejected'], [1, 'rejected']));
  expect((await queue()).ended[1]?.message).toBe('"reason" is missing');
});

test('what cannot be read at all is rejected with the reason, and the queue goes on', async () => {
  const registered: unknown[] = [];
  await onLake({
    async registerBackfill({ signal, request }) {
      registered.push(request);
      return backfillItem(signal, request);
    },
  });
  await ask({ from: '20260105T210000Z', reason: 'readable' });
  for (const payload of UNREADABLE) await sendRaw(server, BACKFILL_QUEUE_ID, ASK_BACKFILL, [payload]);
  await ask({ from: '20260105T210000Z', reason: 'readable too' });

  await untilQueue({ playing: null, waiting: [], unread: 0, ended: { length: UNREADABLE.length + 2 } });
  expect(registered.slice(1, -1)).toEqual([
    ...[{ unreadable: expect.stringContaining('json/protobuf') }, { unreadable: expect.stringContaining('JSON') }],
    ...[{ unreadable: 'it is binary and no JSON' }, { unreadable: '1000002 bytes, more than 20000' }],
  ]);
});

test('how far one of thousands of slots is stays in sight, whatever else is sent as progress', async () => {
  const playing = gate();
  const slots = Array.from({ length: 3000 }, (_, index) => `2026${String(index).padStart(4, '0')}T090000Z`);
  const { nextReplay } = plays();
  await onLake({
    nextReplay: async (backfill) => {
      const next = await nextReplay(backfill);
      return next && { ...next, slots, total: slots.length };
    },
    async recordReplay() {
      await playing.wait();
      return { rows: 1, seconds: 1 };
    },
  });
  await ask({ from: slots[0], reason: 'all of it' });
  await playing.reached;
  for (const payload of UNREADABLE) await sendRaw(server, BACKFILL_QUEUE_ID, BACKFILL_PROGRESS, [ONE, payload]);
  await handle(BACKFILL_QUEUE_ID).signal(BACKFILL_PROGRESS, 1, { stage: 7 });

  const stage = `playing slots ${slots[0]} to ${slots.at(-1)}`;
  await vi.waitFor(async () => expect((await queue()).playing?.progress).toEqual({ stage, done: 0, total: 3000 }));
  playing.open();
  await untilQueue(ended([1, 'published']));
});

test('a cancellation that names no backfill cancels none', async () => {
  const playing = gate();
  await onLake({
    async recordReplay() {
      await playing.wait();
      return { rows: 1, seconds: 1 };
    },
  });
  for (const reason of ['first', 'second']) await ask({ from: '20260105T210000Z', reason });
  await untilQueue({ playing: { backfill: 1 }, waiting: [{ backfill: 2 }] });

  for (const odd of [7, '1', { bakfill: 1 }, { backfill: '1' }, [1], []])
    await handle(BACKFILL_QUEUE_ID).signal(CANCEL_BACKFILL, odd);
  for (const payload of UNREADABLE) await sendRaw(server, BACKFILL_QUEUE_ID, CANCEL_BACKFILL, [payload]);
  await untilQueue({ playing: { backfill: 1 }, waiting: [{ backfill: 2 }] });
  playing.open();

  await untilQueue(ended([2, 'published'], [1, 'published']));
});

test('a dry run is answered while another backfill plays, and plays nothing', async () => {
  const playing = gate();
  const lake = await onLake({
    async recordReplay() {
      await playing.wait();
      return { rows: 1, seconds: 1 };
    },
  });
  await ask({ from: '20260105T210000Z', reason: 'long' });
  await playing.reached;
  await ask({ from: '20260105T210000Z', reason: 'how long?', dryRun: true });

  await untilQueue({ playing: { backfill: 1 }, ended: [{ backfill: 2, state: 'planned', plan: { slots: 2 } }] });
  playing.open();
  await untilQueue(ended([1, 'published'], [2, 'planned']));
  expect(lake.calls.filter((call) => call === 'runStep backfill')).toHaveLength(1);
});

test('one that waits is cancelled before it begins, one that plays leaves no trace, and the others go on', async () => {
  const lake = await onLake({
    runStep: async ({ manifest }) => (manifest.includes('backfill/1/') ? untilCancelled() : { stepId: 's' }),
  });
  for (const reason of ['first', 'second', 'third']) await ask({ from: '20260105T210000Z', reason });
  await untilQueue({
    playing: { backfill: 1, progress: { stage: 'playing slots 20260105T210000Z to 20260106T090000Z', total: 2 } },
    waiting: [{ backfill: 2 }, { backfill: 3 }],
  });
  await handle(BACKFILL_QUEUE_ID).signal(CANCEL_BACKFILL, { backfill: 2 });
  await handle(BACKFILL_QUEUE_ID).signal(CANCEL_BACKFILL, { backfill: 1 });

  await untilQueue(ended([3, 'published'], [1, 'cancelled'], [2, 'cancelled']));
  expect(lake.calls.filter((call) => call.startsWith('writeDiscard'))).toHaveLength(1);
});

test('all that wait and the one that plays are cancelled at once', async () => {
  await onLake({
    runStep: ({ step }) => (step === 'backfill' ? untilCancelled() : Promise.resolve({ stepId: 's' })),
    writeDiscard: async () => null,
  });
  for (const reason of ['first', 'second', 'third']) await ask({ from: '20260105T210000Z', reason });
  await untilQueue({ playing: { backfill: 1 }, waiting: [{ backfill: 2 }, { backfill: 3 }] });

  await handle(BACKFILL_QUEUE_ID).signal(CANCEL_BACKFILL);

  await untilQueue({
    playing: null,
    waiting: [],
    ended: [{ state: 'cancelled' }, { state: 'cancelled' }, { state: 'cancelled' }],
  });
});

test('a backfill that is terminated is noted as cancelled, and the next is played', async () => {
  await onLake({
    runStep: async ({ manifest }) => (manifest.includes('backfill/1/') ? untilCancelled() : { stepId: 's' }),
  });
  for (const reason of ['first', 'second']) await ask({ from: '20260105T210000Z', reason });
  await untilQueue({ playing: { backfill: 1, progress: { total: 2 } } });

  await child(1).terminate();

  await untilQueue(ended([2, 'published'], [1, 'cancelled']));
});

test('two hundred requests leave a sound queue, though its history is cut while one plays', async () => {
  const playing = gate();
  const registered: number[] = [];
  await onLake({
    async registerBackfill({ signal, request }) {
      registered.push(signal);
      return backfillItem(signal, request);
    },
    async recordReplay({ backfill }) {
      if (backfill === 1) await playing.wait();
      return { rows: 1, seconds: 1 };
    },
  });
  await ask({ from: '20260105T210000Z', reason: 'the first' });
  await playing.reached;
  const kinds = [{ reason: 'x', dryRun: true }, null, { reason: 'x', dryRun: true }, {}];
  await Promise.all(
    Array.from({ length: 199 }, (_, index) => ask(index === 150 ? { reason: 'another' } : kinds[index % 4])),
  );

  await untilQueue({ playing: { backfill: 1 }, waiting: [{ state: 'waiting' }], unread: 0 });
  playing.open();
  await untilQueue({ playing: null, waiting: [] });

  expect(registered).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  expect((await queue()).ended.filter(({ state }) => state === 'published')).toHaveLength(2);
  const { historyLength, raw } = await handle(BACKFILL_QUEUE_ID).describe();
  expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
  expect(historyLength).toBeLessThan(2_000);
});
