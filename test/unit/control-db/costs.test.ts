import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clusterEnded, recordCluster } from '../../../control-db/queries/clusters.ts';
import {
  clustersWithoutCost,
  costComplete,
  costOfRun,
  type Instance,
  recordInstances,
} from '../../../control-db/queries/costs.ts';
import { listRuns } from '../../../control-db/queries/runs.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { open } from './delivered.ts';

let postgres: TestPostgres;
let database: pg.Pool;
let run: number;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(async () => {
  await postgres.empty();
  ({ run } = await open(database, '2026-01-05T09:00:00Z', 'a'));
});
afterAll(() => postgres?.stop());

const at = (time: string) => new Date(`2026-01-05T${time}Z`);
const cluster = (clusterId: string, purpose = 'run') =>
  recordCluster(database, { clusterId, run, name: clusterId, state: 'STARTING', purpose });
const instance = (instanceId: string, changes: Partial<Instance> = {}): Instance => ({
  ...{ instanceId, instanceType: 'r6g.2xlarge', market: 'on_demand', usdHour: 0.5 },
  ...{ startedAt: at('09:00:00'), endedAt: at('10:00:00') },
  ...changes,
});

describe('the cost of a run', () => {
  test('is the hours of each instance at its own price, over all its clusters', async () => {
    await cluster('j-lost');
    await cluster('j-replacement');
    await recordInstances(database, 'j-lost', [instance('primary', { usdHour: 0.2, endedAt: at('09:30:00') })]);
    await recordInstances(database, 'j-replacement', [
      instance('core'),
      instance('task', { market: 'spot', usdHour: 0.1, endedAt: at('13:00:00') }),
    ]);
    // 0.5 h at 0.20, 1 h at 0.50, 4 h at 0.10.
    const cost = await costOfRun(database, run);
    expect(cost).toMatchObject({ run, instanceHours: 5.5, unpricedHours: 0 });
    expect(cost?.usd).toBeCloseTo(1.0, 6);
    const [row] = await listRuns(database, 1);
    expect(row?.usd).toBeCloseTo(1.0, 6);
  });

  test('counts an instance that lived for seconds as a minute, as it is billed', async () => {
    await cluster('j');
    await recordInstances(database, 'j', [instance('short', { usdHour: 60, endedAt: at('09:00:05') })]);
    expect((await costOfRun(database, run))?.usd).toBeCloseTo(1, 6);
  });

  test('of what was read twice is counted once, at the first price, and the end that was seen last counts', async () => {
    await cluster('j');
    await recordInstances(database, 'j', [instance('core', { endedAt: undefined })]);
    await recordInstances(database, 'j', [instance('core', { usdHour: 9, endedAt: at('11:00:00') })]);
    await recordInstances(database, 'j', [instance('core', { endedAt: undefined })]);
    expect((await costOfRun(database, run))?.usd).toBeCloseTo(1, 6);
  });

  test('of an instance that nobody saw ending ends with its cluster', async () => {
    await cluster('j');
    await recordInstances(database, 'j', [instance('core', { endedAt: undefined })]);
    await clusterEnded(database, 'j', 'TERMINATED', at('12:00:00'));
    expect((await costOfRun(database, run))?.usd).toBeCloseTo(1.5, 6);
  });

  test('says how many hours have no price, and is unknown when none has one', async () => {
    await cluster('j');
    await recordInstances(database, 'j', [instance('core', { usdHour: null })]);
    expect(await costOfRun(database, run)).toMatchObject({ usd: null, instanceHours: 1, unpricedHours: 1 });
    await recordInstances(database, 'j', [instance('task')]);
    expect(await costOfRun(database, run)).toMatchObject({ usd: 0.5, instanceHours: 2, unpricedHours: 1 });
  });

  test('leaves out the rebuilds of its slot, and is unknown without a cluster', async () => {
    await cluster('j', 'rebuild');
    await recordInstances(database, 'j', [instance('primary')]);
    expect(await costOfRun(database, run)).toBeNull();
    expect((await listRuns(database, 1))[0]?.usd).toBeNull();
  });

  test('is final once all its clusters were reckoned, and only what is not final is looked at again', async () => {
    for (const id of ['j-1', 'j-2']) {
      await cluster(id);
      await recordInstances(database, id, [instance('core')]);
    }
    await costComplete(database, 'j-1');
    expect(await costOfRun(database, run)).toMatchObject({ complete: false });
    expect(await clustersWithoutCost(database, 10)).toEqual(['j-2']);
    await cluster('j-3');
    await costComplete(database, 'j-2');
    // Nobody has seen an instance of it yet.
    expect(await costOfRun(database, run)).toMatchObject({ complete: false, instanceHours: 2 });
    await costComplete(database, 'j-3');
    expect(await costOfRun(database, run)).toMatchObject({ complete: true });
    expect(await clustersWithoutCost(database, 10)).toEqual([]);
  });
});
