import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../../control-db/migrate.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
afterAll(() => postgres?.stop());

test('a lake from before trusted was held against raw learns of each old load whether it had read all of raw', async () => {
  await database.query('drop schema public cascade; create schema public');
  expect((await migrate(postgres.url, 8)).at(-1)).toBe('0008_quarantine_note');
  // As the code of that day would have opened it.
  await database.query("insert into lake_grant (workflow_id, run_id) values ('data-lake-run', 'a')");
  const opened = await database.query<{ run: string }>(
    `insert into run (slot, attempt, lake_grant, kind) values ('2026-01-05T09:00:00Z', 1, 1, 'scheduled') returning run`,
  );
  const run = Number(opened.rows[0]?.run);
  await database.query(
    `insert into layer_load select $1, layer, 'j', 's', now(), now(), 's3://m'
    from unnest(array['raw', 'trusted', 'refined']) as layer`,
    [run],
  );
  // Of these tables trusted read all rows, one too few, and rows of which raw recorded nothing.
  await database.query(
    `insert into table_load (run, layer, table_name, seconds, conserved, records, rows_raw, unreadable,
                             inserted, updated, unchanged, superseded, quarantined, erased)
     values ($1, 'raw', 'POS_CASH_balance', 1, true, 5, 4, 1, null, null, null, null, null, null),
            ($1, 'raw', 'bureau', 1, true, 5, 5, 0, null, null, null, null, null, null),
            ($1, 'trusted', 'pos_cash_balance', 1, true, null, 4, null, 4, 0, 0, 0, 0, 0),
            ($1, 'trusted', 'bureau', 1, true, null, 4, null, 4, 0, 0, 0, 0, 0),
            ($1, 'trusted', 'bureau_balance', 1, true, null, 4, null, 4, 0, 0, 0, 0, 0),
            ($1, 'refined', 'taxa', 1, true, null, null, null, null, null, null, null, null, null)`,
    [run],
  );

  expect(await migrate(postgres.url)).toContain('0009_trusted_is_all_of_raw');

  const { rows } = await database.query(
    'select layer, table_name as name, conserved, source_table as source from table_load order by layer, table_name collate "C"',
  );
  expect(rows).toEqual([
    { layer: 'raw', name: 'POS_CASH_balance', conserved: true, source: null },
    { layer: 'raw', name: 'bureau', conserved: true, source: null },
    { layer: 'refined', name: 'taxa', conserved: true, source: null },
    { layer: 'trusted', name: 'bureau', conserved: false, source: 'bureau' },
    { layer: 'trusted', name: 'bureau_balance', conserved: false, source: null },
    { layer: 'trusted', name: 'pos_cash_balance', conserved: true, source: 'POS_CASH_balance' },
  ]);
});
