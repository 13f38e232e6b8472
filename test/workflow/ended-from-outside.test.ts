import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LakeActivities } from '../../workflows/types.ts';
import { FakeEmr, setState } from '../unit/activities/fake-emr.ts';
import { startLandingLake } from '../unit/activities/landing-lake.ts';
import { fakeLake, gate } from './fake-lake.ts';
import { type Handle, onTimeSkippingServer, type Play, resultOf } from './play-run.ts';
import { BALANCED, FILES, storedActivities } from './stored-lake.ts';

const SLOT = new Date('2100-01-01T09:00:00Z');
const NEXT = new Date('2100-01-01T21:00:00Z');

/** Every call of a run in order; from the plan on it is only ever completed. */
const BEFORE_THE_PLAN = [
  ...['openRun', 'endOlderClusters', 'detectDelivery', 'prepareCatalogue', 'startCluster run'],
  ...['raw', 'trusted', 'refined'].flatMap((step) => [
    ...[`writeManifest ${step}`, `runStep ${step}`, `recordLayer ${step}`],
  ]),
  'judge',
];
const FROM_THE_PLAN_ON = [
  ...['writeManifest publish', 'runStep publish', 'recordLayer publish', 'announcePublication 1'],
  ...['completePublication 1', 'endCluster run', 'updateCatalogue', 'verifyPublication 1', 'confirmPublication 1'],
  'closeRun published',
];

let stored: Awaited<ReturnType<typeof startLandingLake>>;
let emr: FakeEmr;
let real: Partial<LakeActivities>;
beforeAll(async () => {
  stored = await startLandingLake();
}, 60_000);
beforeEach(async () => {
  await stored.empty();
  for (const [key, body] of Object.entries(FILES)) await stored.put(key, body);
  emr = new FakeEmr();
  real = storedActivities(stored, BALANCED, emr);
});
afterAll(() => stored?.stop(), 30_000);

const play: Play = onTimeSkippingServer();

/** Plays a run, lets `deed` end it from outside when it comes to this call, and waits until nothing of it goes on. */
async function endedAt<T>(call: string, deed: (handle: Handle, goOn: () => void) => Promise<T>): Promise<T> {
  const held = gate();
  const lake = fakeLake(real, (name) => (name === call ? held.wait() : undefined));
  let going = 0;
  for (const [name, activity] of Object.entries(lake.activities))
    Object.assign(lake.activities, {
      [name]: async (...args: never[]) => {
        going += 1;
        return (activity as (...args: never[]) => Promise<unknown>)(...args).finally(() => {
          going -= 1;
        });
      },
    });
  const watch = async (handle: Handle) => {
    await held.reached;
    return deed(handle, held.open);
  };
  const ended = await play(lake, watch, SLOT);
  await vi.waitFor(() => expect(going).toBe(0), { timeout: 20_000, interval: 10 });
  return ended;
}

const playNext = () => play(fakeLake(real), resultOf, NEXT);

async function theLedger() {
  const all = async (sql: string) => (await stored.database.query(sql)).rows;
  return {
    runs: await all('select state from run order by run'),
    files: await all('select outcome, run::int from file order by landing_key'),
    publications: await all('select run::int, completed_at is not null as completed from publication order by 1'),
  };
}
const alive = () => emr.clusters.filter(({ Status }) => Status?.State !== 'TERMINATED');
const files = (outcome: string, run: number) => Object.keys(FILES).map(() => ({ outcome, run }));

describe('a run that is cancelled', () => {
  /** Of `EventType` in Temporal's API. */
  const [TASK_COMPLETED, CANCEL_REQUESTED] = [7, 20];

  /** Cancels it, and lets the call that is held go on once the workflow has heard of it: what that does then, comes late. */
  async function cancelled(handle: Handle, goOn: () => void): Promise<string> {
    await handle.cancel();
    await vi.waitFor(
      async () => {
        const types = ((await handle.fetchHistory()).events ?? []).map(({ eventType }) => eventType);
        expect(types.lastIndexOf(TASK_COMPLETED)).toBeGreaterThan(types.indexOf(CANCEL_REQUESTED));
      },
      { timeout: 10_000, interval: 10 },
    );
    goOn();
    await handle.result().catch(() => undefined);
    return (await handle.describe()).status.name;
  }

  test.each(BEFORE_THE_PLAN)('at %s leaves nothing behind: the next run loads its files', async (call) => {
    expect(await endedAt(call, cancelled)).toBe('CANCELLED');
    const { runs, files: left, publications } = await theLedger();
    expect(runs).toEqual([{ state: 'cancelled' }]);
    expect(publications).toEqual([]);
    expect(left.filter(({ outcome }) => outcome !== 'given_back')).toEqual([]);
    expect(left.length === 0 ? await stored.inLanding() : left).toHaveLength(Object.keys(FILES).length);
    expect(alive()).toEqual([]);

    expect(await playNext()).toMatchObject({ outcome: 'published' });
    expect(await theLedger()).toEqual({
      runs: [{ state: 'cancelled' }, { state: 'published' }],
      files: files('accepted', 2),
      publications: [{ run: 2, completed: true }],
    });
  });

  test('while EMR works on a step ends that step first, then the cluster, then the run', async () => {
    emr.onDescribeStep = (step) => {
      if (step.Status?.State === 'PENDING') setState(step, step.Id === 's-2' ? 'RUNNING' : 'COMPLETED');
    };
    const status = await endedAt('runStep trusted', async (handle, goOn) => {
      goOn();
      await vi.waitFor(() => expect(emr.stateOf('s-2')).toBe('RUNNING'), { timeout: 10_000, interval: 10 });
      return cancelled(handle, () => undefined);
    });
    expect(status).toBe('CANCELLED');
    expect(emr.stateOf('s-2')).toBe('CANCELLED');
    const sent = emr.sent.map((command) => command.split(' ')[1]);
    expect(sent.lastIndexOf('CancelSteps')).toBeGreaterThan(-1);
    expect(sent.lastIndexOf('CancelSteps')).toBeLessThan(sent.lastIndexOf('TerminateJobFlows'));
    expect(await theLedger()).toMatchObject({ runs: [{ state: 'cancelled' }], files: files('given_back', 1) });
  });

  test.each(['planPublication', ...FROM_THE_PLAN_ON])('at %s is published: the cancellation waits', async (call) => {
    expect(await endedAt(call, cancelled)).toBe('COMPLETED');
    expect(await theLedger()).toEqual({
      runs: [{ state: 'published' }],
      files: files('accepted', 1),
      publications: [{ run: 1, completed: true }],
    });
    expect(alive()).toEqual([]);
  });
});

describe('a run that is terminated', () => {
  const terminated = (handle: Handle) => handle.terminate();

  test.each([...BEFORE_THE_PLAN.slice(1), 'planPublication'])(
    'at %s is cleaned up by the next run, which loads its files',
    async (call) => {
      await endedAt(call, async (handle, goOn) => {
        await terminated(handle);
        const ended = await playNext();
        expect(ended).toMatchObject({ outcome: 'published' });
        // What was still going on when it was terminated goes on now.
        goOn();
      });
      expect(await theLedger()).toEqual({
        runs: [{ state: 'cancelled' }, { state: 'published' }],
        files: files('accepted', 2),
        publications: [{ run: 2, completed: true }],
      });
      expect(alive()).toEqual([]);
    },
  );

  test.each(FROM_THE_PLAN_ON)('at %s is published by the next run: no file is given back', async (call) => {
    await endedAt(call, async (handle, goOn) => {
      await terminated(handle);
      expect(await playNext()).toMatchObject({ outcome: 'empty' });
      goOn();
    });
    const { runs, ...rest } = await theLedger();
    expect(runs).toEqual([{ state: expect.stringMatching(/^published/) }, { state: 'empty' }]);
    expect(rest).toEqual({ files: files('accepted', 1), publications: [{ run: 1, completed: true }] });
    expect(alive()).toEqual([]);
  });

  test('leaves its step at work, with nobody to stop it, until the next run ends its cluster', async () => {
    emr.onDescribeStep = (step) => {
      if (step.Status?.State === 'PENDING') setState(step, step.Id === 's-2' ? 'RUNNING' : 'COMPLETED');
    };
    await endedAt('runStep trusted', async (handle, goOn) => {
      goOn();
      await vi.waitFor(() => expect(emr.stateOf('s-2')).toBe('RUNNING'), { timeout: 10_000, interval: 10 });
      await terminated(handle);
    });
    expect(emr.stateOf('s-2')).toBe('RUNNING');
    expect(alive()).toHaveLength(1);
    expect(await theLedger()).toMatchObject({ runs: [{ state: 'open' }], files: files('accepted', 1) });

    const [older] = alive();
    expect(await playNext()).toMatchObject({ outcome: 'published' });
    expect(emr.stateOf(older?.Id ?? '')).toBe('TERMINATED');
    expect(await theLedger()).toMatchObject({ runs: [{ state: 'cancelled' }, { state: 'published' }] });
  });
});
