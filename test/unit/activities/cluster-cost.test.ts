import type { Instance } from '@aws-sdk/client-emr';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { clusterName, emrActivities } from '../../../activities/emr.ts';
import { recordCluster } from '../../../control-db/queries/clusters.ts';
import { costOfRun } from '../../../control-db/queries/costs.ts';
import type { RunContext } from '../../../workflows/types.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { open } from '../control-db/delivered.ts';
import { FakeEmr, setState } from './fake-emr.ts';
import { settings, context as someContext } from './settings.ts';

let postgres: TestPostgres;
let database: pg.Pool;
let emr: FakeEmr;
let context: RunContext;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(async () => {
  await postgres.empty();
  emr = new FakeEmr();
  const { run, grant } = await open(database, '2026-01-05T09:00:00Z', 'a');
  context = { ...someContext, run, grant };
});
afterAll(() => postgres?.stop());

const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR', () => undefined) });
const activities = () =>
  emrActivities({ emr: emr.client('emr'), emrOnce: emr.client('once'), database, settings } as unknown as Lake);
const endCluster = () => environment.run(activities().endCluster, { context, purpose: 'run' as const });
const takeOver = () => environment.run(activities().endOlderClusters, { ...context, slot: '20260105T210000Z' });

const at = (time: string) => new Date(`2026-01-05T${time}Z`);
const instance = (Id: string, InstanceType: string, Market: 'ON_DEMAND' | 'SPOT', end?: string): Instance => ({
  ...{ Id, InstanceType, Market },
  Status: { Timeline: { CreationDateTime: at('09:00:00'), ...(end ? { EndDateTime: at(end) } : {}) } },
});

/** A cluster of the run, as `startCluster` records it. */
async function cluster(State: string): Promise<string> {
  const name = clusterName(context, 'run');
  const clusterId = emr.addCluster(name, State);
  await recordCluster(database, { clusterId, run: context.run, name, state: State, purpose: 'run' });
  return clusterId;
}

test('ending a cluster writes down what its instances cost by type and market, with the surcharge, however often', async () => {
  await cluster('WAITING');
  emr.instances.push(
    instance('ci-1', 'm6g.xlarge', 'ON_DEMAND', '11:00:00'),
    instance('ci-2', 'r6g.2xlarge', 'SPOT', '10:00:00'),
  );
  for (let time = 0; time < 2; time += 1) await endCluster();
  // 2 h at 0.20 + 0.05, 1 h at 0.20 + 0.10 on the spot market.
  const cost = await costOfRun(database, context.run);
  expect(cost).toMatchObject({ instanceHours: 3, unpricedHours: 0, complete: true });
  expect(cost?.usd).toBeCloseTo(0.8, 6);
});

test('an instance of a type without a price counts its hours and says that it has none', async () => {
  await cluster('WAITING');
  emr.instances.push(instance('ci-1', 'x9.huge', 'ON_DEMAND', '10:00:00'));
  await endCluster();
  expect(await costOfRun(database, context.run)).toMatchObject({ usd: null, instanceHours: 1, unpricedHours: 1 });
});

test('a cluster whose run was terminated is ended and reckoned by the next run that takes over', async () => {
  await cluster('RUNNING');
  emr.instances.push(instance('ci-1', 'm6g.xlarge', 'ON_DEMAND', '10:00:00'));
  await takeOver();
  expect(await costOfRun(database, context.run)).toMatchObject({ usd: 0.25, complete: true });
  const looked = emr.times('ListInstances');
  await takeOver();
  expect(emr.times('ListInstances')).toBe(looked);
});

test('instances that were still ending with their run are reckoned for good by the next one', async () => {
  const clusterId = await cluster('TERMINATING');
  emr.instances.push(instance('ci-1', 'm6g.xlarge', 'ON_DEMAND'));
  await endCluster();
  expect(await costOfRun(database, context.run)).toMatchObject({ complete: false });
  const [known] = emr.clusters.filter(({ Id }) => Id === clusterId);
  if (known) setState(known, 'TERMINATED');
  emr.instances.splice(0, 1, instance('ci-1', 'm6g.xlarge', 'ON_DEMAND', '13:00:00'));
  await takeOver();
  expect(await costOfRun(database, context.run)).toMatchObject({ usd: 1, complete: true });
});

test('a cluster that EMR has forgotten is not asked for again and again', async () => {
  await cluster('TERMINATED');
  emr.clusters.splice(0);
  await takeOver();
  const asked = emr.times('DescribeCluster');
  expect(asked).toBe(1);
  await takeOver();
  expect(emr.times('DescribeCluster')).toBe(asked);
});

test('a cost that EMR does not tell fails no run', async () => {
  const clusterId = await cluster('WAITING');
  emr.fails.add('ListInstances');
  await endCluster();
  expect(emr.stateOf(clusterId)).toBe('TERMINATED');
  expect(await costOfRun(database, context.run)).toMatchObject({ usd: null, complete: false });
});
