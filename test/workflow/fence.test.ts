import { GetObjectCommand } from '@aws-sdk/client-s3';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clusterName } from '../../activities/emr.ts';
import { publicationPointer, splitUri } from '../../activities/places.ts';
import { completePublication, planPublication } from '../../control-db/queries/publications.ts';
import { openRun } from '../../control-db/queries/runs.ts';
import { BUCKET_PREFIX } from '../../infra/local/stack/buckets.ts';
import { slotOf } from '../../workflows/slot.ts';
import type { LakeActivities, RunContext } from '../../workflows/types.ts';
import { FakeEmr } from '../unit/activities/fake-emr.ts';
import { startLandingLake } from '../unit/activities/landing-lake.ts';
import { fakeLake, gate } from './fake-lake.ts';
import { failureOf, type Handle, onTimeSkippingServer, type Play, resultOf } from './play-run.ts';
import { BALANCED, FILES, storedActivities } from './stored-lake.ts';

const SLOT = new Date('2100-01-01T09:00:00Z');
const NEXT = new Date('2100-01-01T21:00:00Z');
const LOST = { message: expect.stringMatching(/^(grant 1 is over: grant 2 may|run 1 is cancelled: it may) write/) };
const POINTER = splitUri(publicationPointer(BUCKET_PREFIX));

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
const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR', () => undefined) });

/** Plays a run whose worker is held up when it comes to this call, wakes it after `meanwhile`, and gives what the run ended with. */
function heldUp<T>(call: string, meanwhile: () => Promise<unknown>, end: (handle: Handle) => Promise<T>): Promise<T> {
  const paused = gate();
  const lake = fakeLake(real, (name) => (name === call ? paused.wait() : undefined));
  const watch = async (handle: Handle) => {
    await paused.reached;
    await meanwhile();
    paused.open();
    return end(handle);
  };
  return play(lake, watch, SLOT);
}

/** Another run takes the lake, as after a termination: older clusters are ended, its own is started. */
async function takeTheLake(): Promise<RunContext & { cut: number | null }> {
  const request = { slot: NEXT.toISOString(), kind: 'scheduled', workflowId: 'the next one', runId: 'b' } as const;
  const { run, attempt, grant, cut } = await openRun(stored.database, request);
  const context: RunContext = { run, slot: slotOf(NEXT), attempt, grant, kind: 'scheduled' };
  const { endOlderClusters, startCluster } = real as LakeActivities;
  await environment.run(endOlderClusters, context);
  await environment.run(startCluster, { context, purpose: 'run' as const });
  return { ...context, cut: cut?.publication ?? null };
}

/** All that a writer could change: the ledger, what was loaded and published, landing, clusters, steps, and what readers see. */
async function theLake() {
  const tables = 'run file layer_load table_load raw_file table_profile audit_result publication publication_table';
  const rows = tables
    .split(' ')
    .map(async (table) => [
      table,
      (await stored.database.query(`select to_jsonb(${table}) as row from ${table} order by 1`)).rows,
    ]);
  return {
    database: Object.fromEntries(await Promise.all(rows)),
    landing: (await stored.inLanding()).sort(),
    clusters: emr.clusters.map(({ Name, Status }) => [Name, Status?.State]),
    steps: emr.steps.map(({ Name, Status }) => [Name, Status?.State]),
    pointer: await pointer(),
  };
}

async function pointer(): Promise<string | null> {
  const found = await stored
    .client()
    .send(new GetObjectCommand(POINTER))
    .catch(() => null);
  return found?.Body?.transformToString() ?? null;
}

describe('a worker that was paused, and wakes after another run took the lake, changes nothing, and its run fails', () => {
  test.each([
    ...['endOlderClusters', 'detectDelivery', 'prepareCatalogue', 'startCluster run'],
    ...['raw', 'trusted', 'refined'].flatMap((step) => [
      ...[`writeManifest ${step}`, `runStep ${step}`, `recordLayer ${step}`],
    ]),
    ...['judge', 'planPublication'],
  ])('when it was paused at %s', async (call) => {
    let before: unknown;
    const meanwhile = async () => {
      const next = await takeTheLake();
      await environment.run(real.detectDelivery as LakeActivities['detectDelivery'], {
        context: next,
        arrivedBy: '2000-01-01T00:00:00Z',
      });
      before = await theLake();
    };
    expect(await heldUp(call, meanwhile, failureOf)).toMatchObject(LOST);
    expect(await theLake()).toEqual(before);
    const alive = emr.clusters.filter(({ Status }) => Status?.State !== 'TERMINATED').map(({ Name }) => Name);
    expect(alive).toEqual([clusterName({ slot: slotOf(NEXT), attempt: 1 } as RunContext, 'run')]);
  });
});

describe('a worker that was paused in its publication, and wakes after the next run completed that and published its own', () => {
  const completeAndPublish = async () => {
    const next = await takeTheLake();
    const announce = (publication: number) =>
      environment.run(real.announcePublication as LakeActivities['announcePublication'], publication);
    await announce(next.cut ?? 0);
    await completePublication(stored.database, next.cut ?? 0);
    const { publication } = await planPublication(stored.database, next.run, next.grant);
    await announce(publication);
    await completePublication(stored.database, publication);
  };

  test.each<[string, (handle: Handle) => Promise<unknown>, object]>([
    ['writeManifest publish', failureOf, LOST],
    ['runStep publish', failureOf, LOST],
    ['announcePublication 1', resultOf, { outcome: 'published' }],
    ['completePublication 1', resultOf, { outcome: 'published' }],
  ])('does not take readers back when it was paused at %s', async (call, end, ended) => {
    let before: Awaited<ReturnType<typeof theLake>> | undefined;
    const meanwhile = async () => {
      await completeAndPublish();
      before = await theLake();
    };
    const published = await heldUp(call, meanwhile, end);
    expect(published).toMatchObject(ended);
    const after = await theLake();
    // What it confirms is what the next run published of it.
    const unconfirmed = (lake: typeof after) => JSON.stringify(lake).replaceAll(/"confirmed_at":("[^"]*"|null)/g, '');
    expect(unconfirmed(after)).toBe(unconfirmed(before as typeof after));
    expect(after.pointer).toContain('2100-01-01 21:00:00');
  });
});
