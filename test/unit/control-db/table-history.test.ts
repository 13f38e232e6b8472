import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { recordLayer, type TableLoad } from '../../../control-db/queries/loads.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { tableHistories } from '../../../control-db/queries/table-history.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { load, open } from './delivered.ts';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

const slotOf = (day: number) => new Date(Date.UTC(2026, 0, day, 9));

/** What a slot loaded: a delivery of so many rows, all inserted. */
const delivered = (rows: number, changes: Partial<TableLoad> = {}): TableLoad => ({
  ...{ table: 'bureau', seconds: 1, rowsRaw: rows, inserted: rows, updated: 0, unchanged: 0, superseded: 0 },
  ...{ quarantined: 0, erased: 0, totalRows: 30, snapshotTo: '1', conserved: true },
  ...changes,
});

async function slot(day: number, tables: TableLoad[], published = true): Promise<number> {
  const { run, grant } = await open(database, slotOf(day).toISOString().replace('.000Z', 'Z'), `of ${day}`);
  await recordLayer(database, load(run, 'trusted', { tables }));
  if (published) await completePublication(database, (await planPublication(database, run, grant)).publication);
  return run;
}

const before = async (day: number, table = 'bureau') => (await tableHistories(database, slotOf(day))).get(table);

test('a table without a published delivery has no history', async () => {
  await slot(5, [delivered(3)], false);
  expect(await before(6)).toBeUndefined();
});

test('what was delivered is told newest first, of the published slots before this one that had files of the table', async () => {
  await slot(5, [delivered(5)]);
  await slot(6, [delivered(6), delivered(60, { table: 'loan' })]);
  await slot(7, [delivered(70, { table: 'loan' })]);
  await slot(8, [delivered(8)]);
  await slot(9, [delivered(9)], false);
  expect(await before(8)).toMatchObject({ delivered: [6, 5], lastSlot: slotOf(6) });
  expect(await before(10)).toMatchObject({ delivered: [8, 6, 5], lastSlot: slotOf(8) });
  expect(await before(10, 'loan')).toMatchObject({ delivered: [70, 60], lastSlot: slotOf(7) });
});

test('nulls are summed by column over the deliveries that wrote rows', async () => {
  const profile = (rows: number, nulls: Record<string, number>) => ({ profile: { rows, nulls } });
  await slot(5, [delivered(100, profile(100, { status: 10 }))]);
  await slot(6, [delivered(40, profile(40, { status: 20, note: 1 }))]);
  await slot(7, [delivered(40, profile(0, { status: 0, note: 0 }))]);
  await slot(8, [delivered(7)]);
  expect(await before(9)).toMatchObject({
    profiled: 2,
    columns: { status: { rows: 140, nulls: 30 }, note: { rows: 40, nulls: 1 } },
  });
  expect(await before(6)).toMatchObject({ profiled: 1, columns: { status: { rows: 100, nulls: 10 } } });
});

test('ten deliveries are looked at, and no older one', async () => {
  for (let day = 1; day <= 12; day++) await slot(day, [delivered(day, { profile: { rows: 1, nulls: { status: 0 } } })]);
  expect(await before(13)).toMatchObject({
    delivered: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
    profiled: 10,
    columns: { status: { rows: 10, nulls: 0 } },
  });
});

test('a layer that is recorded again has the later profile alone', async () => {
  const run = await slot(5, [delivered(3, { profile: { rows: 3, nulls: { status: 3, note: 1 } } })]);
  const tables = [delivered(3, { profile: { rows: 3, nulls: { status: 1 } } })];
  await recordLayer(database, load(run, 'trusted', { tables }));
  expect(await before(6)).toMatchObject({ columns: { status: { rows: 3, nulls: 1 } } });
  expect(Object.keys((await before(6))?.columns ?? {})).toEqual(['status']);
});
