import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { sweepActivities } from '../../../activities/sweep.ts';
import { openMaintenance } from '../../../control-db/queries/maintenance.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { closeRun } from '../../../control-db/queries/runs.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, claimed, open, outcomes, written } from '../control-db/delivered.ts';
import { FakeEmr } from './fake-emr.ts';
import { FakeTables } from './fake-tables.ts';
import { FakeTemporal } from './fake-temporal.ts';
import { settings } from './settings.ts';

const SLOT = '2026-01-05T09:00:00Z';
const NEXT = '2026-01-05T21:00:00Z';

let postgres: TestPostgres;
let database: pg.Pool;
let emr: FakeEmr;
let temporal: FakeTemporal;
let tables: FakeTables;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => {
  emr = new FakeEmr();
  temporal = new FakeTemporal();
  tables = new FakeTables();
  return postgres.empty();
});
afterAll(() => postgres?.stop());

function sweep() {
  const lake = { database, settings, emr: emr.client('emr'), glue: tables.glue(), s3: tables.s3() } as unknown as Lake;
  return temporal.run(sweepActivities(lake).sweep);
}

const states = async () => (await database.query('select state from run order by run')).rows.map(({ state }) => state);
const aliveNames = () => emr.clusters.filter(({ Status }) => Status?.State === 'RUNNING').map(({ Name }) => Name);

test('a terminated run is closed, its files are given back, its cluster ended, and its branches are found', async () => {
  const { run } = await open(database, SLOT, 'terminated');
  await claimed(database, run, 'bureau/a.csv');
  await accepted(database, run, 'bureau/b.csv');
  emr.addCluster('podlake 20260105T090000Z attempt 1', 'RUNNING');
  tables.add('trusted.bureau', { run_20260105T090000Z: 'branch', slot_20260102T210000Z: 'tag' });
  tables.add('refined.taxa_dados', { run_20260105T090000Z: 'branch' });

  expect(await sweep()).toEqual({
    runs: ['20260105T090000Z'],
    clusters: ['podlake 20260105T090000Z attempt 1'],
    branches: ['run_20260105T090000Z of trusted.bureau', 'run_20260105T090000Z of refined.taxa_dados'],
  });

  expect(await states()).toEqual(['cancelled']);
  expect(await outcomes(database)).toEqual({ 'bureau/a.csv': 'given_back', 'bureau/b.csv': 'given_back' });
  expect(aliveNames()).toEqual([]);
  expect(await sweep()).toMatchObject({ runs: [], clusters: [] });
});

test('of a run that goes on nothing is touched', async () => {
  temporal.running.add('going');
  const { run } = await open(database, SLOT, 'going');
  await claimed(database, run, 'bureau/a.csv');
  emr.addCluster('podlake 20260105T090000Z attempt 1', 'RUNNING');
  emr.addCluster('podlake 20260105T090000Z attempt 1 publish', 'RUNNING');
  tables.add('trusted.bureau', { run_20260105T090000Z: 'branch' });

  expect(await sweep()).toEqual({ runs: [], clusters: [], branches: [] });
  expect(await states()).toEqual(['open']);
  expect(await outcomes(database)).toEqual({ 'bureau/a.csv': 'claimed' });
  expect(aliveNames()).toHaveLength(2);
});

test('a run that the server has forgotten is as one that was terminated', async () => {
  temporal.unknown.add('data-lake-run');
  await open(database, SLOT, 'forgotten');
  expect(await sweep()).toMatchObject({ runs: ['20260105T090000Z'] });
});

test('a terminated run with a committed plan keeps all that the next holder needs to complete it', async () => {
  const { run, grant } = await open(database, SLOT, 'terminated');
  await accepted(database, run, 'bureau/a.csv');
  await written(database, run, { from: null, to: '1' });
  const { publication } = await planPublication(database, run, grant);
  tables.add('trusted.bureau', { run_20260105T090000Z: 'branch' });

  expect(await sweep()).toEqual({ runs: [], clusters: [], branches: [] });
  expect(await states()).toEqual(['open']);
  expect(await outcomes(database)).toEqual({ 'bureau/a.csv': 'accepted' });

  await completePublication(database, publication);
  expect(await sweep()).toMatchObject({ branches: ['run_20260105T090000Z of trusted.bureau'] });
});

test('a slot that is tried again keeps its branch, whatever became of the first try', async () => {
  await closeRun(database, (await open(database, SLOT, 'first')).run, 'failed', 'a bug');
  temporal.running.add('second');
  await open(database, SLOT, 'second');
  emr.addCluster('podlake 20260105T090000Z attempt 1 replacement 1', 'RUNNING');
  emr.addCluster('podlake 20260105T090000Z attempt 2 replacement 1', 'RUNNING');
  tables.add('trusted.bureau', { run_20260105T090000Z: 'branch', run_20260105T210000Z: 'branch' });

  expect(await sweep()).toEqual({
    runs: [],
    clusters: ['podlake 20260105T090000Z attempt 1 replacement 1'],
    branches: ['run_20260105T210000Z of trusted.bureau'],
  });
});

test("a backfill's, a verification's and maintenance's own are spared as long as it runs, and so is what is nobody's of ours", async () => {
  const { maintenance } = await openMaintenance(database, { workflowId: 'maintenance-weekly', runId: 'weekly' }, []);
  await open(database, NEXT, 'a');
  const ours = [
    ...['podlake-backfill 7 20260105T090000Z', 'podlake-backfill 8 20260105T090000Z'],
    ...[`podlake maintenance ${maintenance}`, 'podlake-rebuild 20260105T090000Z'],
  ];
  for (const name of ours) emr.addCluster(name, 'RUNNING');
  emr.addCluster('podlake of somebody', 'RUNNING');
  emr.addCluster('somebody else', 'RUNNING');
  tables.add('trusted.bureau', { backfill_7: 'branch', backfill_8: 'branch', de_alguem: 'branch' });
  for (const one of ['pod-bank-backfill-7', 'weekly', 'rebuild-verify']) temporal.running.add(one);

  expect(await sweep()).toMatchObject({
    clusters: ['podlake-backfill 8 20260105T090000Z'],
    branches: ['backfill_8 of trusted.bureau'],
  });
  temporal.running.clear();
  expect((await sweep()).clusters).toEqual([ours[3], ours[2], ours[0]]);
  expect(aliveNames()).toEqual(['podlake of somebody', 'somebody else']);
});
