import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { noteQuarantined, publishedOf, quarantineNotes } from '../../../control-db/queries/quarantine.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { open } from './delivered.ts';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

const [FIRST, SECOND] = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z'];

async function file(run: number): Promise<number> {
  const { rows } = await database.query(
    `insert into file (landing_key, identity, arrived_at, bytes, etag, run) values ('a.csv', '1', now(), 1, 'e', $1)
     returning file::float8`,
    [run],
  );
  return rows[0].file;
}

test('a note is kept with its row and author, and a second one of the same row takes its place', async () => {
  const of = await file((await open(database, FIRST, 'one')).run);
  await noteQuarantined(database, { file: of, line: 3, note: 'a test client', by: 'ana' });
  await noteQuarantined(database, { file: of, line: 9, note: 'asked the source', by: 'ana' });
  await noteQuarantined(database, { file: of, line: 9, note: 'the source mended it', by: 'bia' });

  expect(await quarantineNotes(database, [of])).toEqual([
    { file: of, line: 3, note: 'a test client', by: 'ana', at: expect.any(Date) },
    { file: of, line: 9, note: 'the source mended it', by: 'bia', at: expect.any(Date) },
  ]);
  expect(await quarantineNotes(database, [of + 1])).toEqual([]);
});

test('a note of a file that the ledger does not know, or without a text, is refused', async () => {
  await expect(noteQuarantined(database, { file: 99, line: 3, note: 'x', by: 'ana' })).rejects.toThrow(/foreign key/);
  const of = await file((await open(database, FIRST, 'one')).run);
  await expect(noteQuarantined(database, { file: of, line: 3, note: '', by: 'ana' })).rejects.toThrow(/check/);
});

test('of slots those are published whose publication is complete', async () => {
  const { run, grant } = await open(database, FIRST, 'one');
  await completePublication(database, (await planPublication(database, run, grant)).publication);
  await open(database, SECOND, 'two');
  expect(await publishedOf(database, [new Date(FIRST), new Date(SECOND)])).toEqual([new Date(FIRST)]);
});
