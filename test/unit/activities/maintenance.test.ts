import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { maintenanceActivities } from '../../../activities/maintenance.ts';
import { expiredSlots } from '../../../control-db/queries/maintenance.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import type { MaintenanceManifest } from '../../../spark/contract/manifest.ts';
import type { TableTask } from '../../../workflows/types.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { open, written } from '../control-db/delivered.ts';
import { FakeTables } from './fake-tables.ts';
import { FakeTemporal } from './fake-temporal.ts';
import { settings } from './settings.ts';

const OWNER = { workflowId: 'maintenance-weekly', runId: 'weekly' };
const SLOT = '20260301T070000Z';
const BIG = '5612103899383063180';

let postgres: TestPostgres;
let database: pg.Pool;
let temporal: FakeTemporal;
let tables: FakeTables;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => {
  temporal = new FakeTemporal();
  tables = new FakeTables();
  return postgres.empty();
});
afterAll(() => postgres?.stop());

function activities() {
  return maintenanceActivities({
    ...{ database, settings, glue: tables.glue(), s3: tables.s3(), refreshCalendar: async () => [] },
    artifacts: { hash: 'h', catalogue: 's3://a/today.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
  } as unknown as Lake);
}

async function publish(slot: string, to: string): Promise<void> {
  const { run, grant } = await open(database, slot, slot);
  await written(database, run, { from: null, to });
  await completePublication(database, (await planPublication(database, run, grant)).publication);
}

async function opened() {
  const { context } = await activities().openMaintenance({ slot: SLOT, tasks: [], ...OWNER });
  if (!context) throw new Error('there is no run');
  return context;
}

/** What the step is told, by table, and the notes beside it. */
async function planned(...tasks: TableTask[]) {
  const context = await opened();
  const { manifest, notes } = await temporal.run(activities().writeMaintenanceManifest, { context, tasks });
  if (!manifest) return { byTable: null, notes };
  const { tables: work } = JSON.parse(tables.objects.get(manifest) ?? '') as MaintenanceManifest;
  return { byTable: Object.fromEntries(work.map(({ table, ...rest }) => [table, rest])), notes };
}

/** A slot a day from the first of January on, each published, with its tag on both tables. */
async function manySlots(count: number): Promise<void> {
  const tags: string[] = [];
  for (let day = 0; day < count; day += 1) {
    const slot = `${new Date(Date.UTC(2026, 0, 1 + day, 9)).toISOString().slice(0, 19)}Z`;
    await publish(slot, String(day + 1));
    tags.push(`slot_${slot.replaceAll(/[-:]/g, '')}`);
  }
  const refs = Object.fromEntries(tags.map((tag) => [tag, 'tag' as const]));
  tables.add('refined.taxa_dados', refs);
  tables.add('controle.quarentena', {});
  // A table that got files on the second day alone.
  tables.add('trusted.bureau', { [tags[1] ?? '']: 'tag', auditoria_2026: 'tag' });
}

test('opening again gives the same number and grant, which is newer than any run before it', async () => {
  const { run, grant } = await open(database, '2026-01-05T09:00:00Z', 'a');
  const once = await opened();
  expect(await opened()).toEqual(once);
  expect(once).toMatchObject({ run, slot: SLOT });
  expect(once.grant).toBeGreaterThan(grant);
});

test('a plan that a dead run left is told, and before the first run there is nothing to open', async () => {
  const request = { slot: SLOT, tasks: [], ...OWNER };
  expect(await activities().openMaintenance(request)).toEqual({ context: null, cut: null });
  const { run, grant } = await open(database, '2026-01-05T09:00:00Z', 'a');
  await written(database, run, { from: null, to: '1' });
  const { publication } = await planPublication(database, run, grant);
  expect(await activities().openMaintenance({ ...request, runId: 'next' })).toMatchObject({ cut: publication });
});

test('a table is compacted from the snapshot that was published last, digit by digit', async () => {
  await publish('2026-01-05T09:00:00Z', BIG);
  tables.add('trusted.bureau', {});
  tables.add('trusted.never_published', {});
  const { byTable } = await planned('compact');
  expect(byTable).toEqual({
    'trusted.bureau': {
      ...{ dropBranches: [], compactFrom: BIG, dropTags: [], expireBefore: null, orphansBefore: null },
    },
    'trusted.never_published': {
      ...{ dropBranches: [], compactFrom: null, dropTags: [], expireBefore: null, orphansBefore: null },
    },
  });
});

test('of seventy slots ten lose their tags, but not a month’s last, nor the one at which a table stands since', async () => {
  await manySlots(70);
  const { byTable, notes } = await planned('expire');
  expect(notes).toEqual([]);
  expect(byTable?.['refined.taxa_dados']?.dropTags).toEqual(
    Array.from({ length: 10 }, (_, day) => `slot_202601${String(day + 1).padStart(2, '0')}T090000Z`),
  );
  expect(byTable?.['trusted.bureau']?.dropTags).toEqual([]);
  expect(byTable?.['controle.quarentena']).toMatchObject({ compactFrom: null, dropTags: [] });
  expect((await expiredSlots(database)).map((slot) => slot.toISOString().slice(0, 10))).toEqual(
    Array.from({ length: 10 }, (_, day) => `2026-01-${String(day + 1).padStart(2, '0')}`),
  );
});

test('while somebody reads snapshots of the past nothing expires, and the other tasks go on', async () => {
  await manySlots(62);
  temporal.running.add('rebuild-verify');
  const { byTable, notes } = await planned('expire', 'compact');
  expect(notes).toEqual(['rebuild-verify reads snapshots of the past: none expires this time']);
  expect(byTable?.['refined.taxa_dados']).toMatchObject({ dropTags: [], expireBefore: null, compactFrom: '62' });
});

test('for branches alone only the tables are touched that have one without an owner', async () => {
  await open(database, '2026-01-05T09:00:00Z', 'terminated');
  tables.add('trusted.bureau', { run_20260105T090000Z: 'branch', de_alguem: 'branch' });
  tables.add('trusted.bureau_balance', {});
  const { byTable } = await planned('branches');
  expect(Object.keys(byTable ?? {})).toEqual(['trusted.bureau']);
  expect(byTable?.['trusted.bureau']?.dropBranches).toEqual(['run_20260105T090000Z']);
  tables.add('trusted.bureau', {});
  expect((await planned('branches')).byTable).toBeNull();
});

test('what the step did is told in a line each, and a compaction is written down once', async () => {
  await publish('2026-01-05T09:00:00Z', '1');
  const context = await opened();
  const none = {
    seconds: 1,
    droppedBranches: 0,
    droppedTags: 0,
    expiredSnapshots: 0,
    orphanFiles: 0,
    compaction: null,
  };
  const compaction = { from: '1', to: BIG, rows: 30, filesBefore: 19, filesAfter: 2 };
  const metrics = [
    { ...none, table: 'trusted.bureau', compaction },
    { ...none, table: 'refined.taxa_dados', droppedTags: 2, expiredSnapshots: 3 },
  ];
  const folder = `s3://lake-controle/maintenance/${context.attempt}`;
  tables.objects.set(`${folder}/metrics.json`, JSON.stringify({ tables: metrics }));
  const record = () => activities().recordMaintenance({ context, manifest: `${folder}/manifest.json` });
  const done = ['1 tables compacted, from 19 files to 2', '2 tags dropped', '3 snapshots expired'];
  expect(await record()).toEqual({ done });
  expect(await record()).toEqual({ done });
  const { rows } = await database.query('select table_name, snapshot_from, snapshot_to, rows from compaction');
  expect(rows).toEqual([{ table_name: 'trusted.bureau', snapshot_from: '1', snapshot_to: BIG, rows: '30' }]);
});
