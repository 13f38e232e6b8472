import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { publishedHistory } from '../../../control-db/queries/history.ts';
import { recordLayer } from '../../../control-db/queries/loads.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { closeRun } from '../../../control-db/queries/runs.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { load, open, written } from './delivered.ts';

const SLOTS = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z', '2026-01-06T09:00:00Z'] as const;

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

/** A run that wrote these files of bureau to raw and moved its tables to this snapshot. */
async function play(slot: string, names: string[], to: string) {
  const run = await open(database, slot, slot);
  const rawFiles = names.map((name) => ({ table: 'bureau', uri: `s3://raw/${name}`, bytes: 1 }));
  await recordLayer(database, load(run.run, 'raw', { rawFiles }));
  await written(database, run.run, { from: null, to });
  return run;
}

const publish = async ({ run, grant }: { run: number; grant: number }) =>
  completePublication(database, (await planPublication(database, run, grant)).publication);

test('history is what completed publications moved and loaded, in the order of slots', async () => {
  await publish(await play(SLOTS[0], ['b', 'a'], '8123456789012345678'));
  await publish(await play(SLOTS[1], ['0'], '9'));

  const { slots, rawFiles } = await publishedHistory(database);

  expect(slots.map(({ slot, snapshots }) => [slot, snapshots])).toEqual([
    // A snapshot has more digits than a JavaScript number holds.
    [new Date(SLOTS[0]), { 'trusted.bureau': '8123456789012345678', 'refined.taxa_dados': '8123456789012345678' }],
    [new Date(SLOTS[1]), { 'trusted.bureau': '9', 'refined.taxa_dados': '9' }],
  ]);
  expect([...rawFiles]).toEqual([['bureau', ['s3://raw/a', 's3://raw/b', 's3://raw/0']]]);
});

test('a held run and a publication that is not completed are no part of it', async () => {
  await publish(await play(SLOTS[0], ['a'], '1'));
  const held = await play(SLOTS[1], ['held'], '2');
  await closeRun(database, held.run, 'failed', 'audit failed');
  const { run, grant } = await play(SLOTS[2], ['planned'], '3');
  await planPublication(database, run, grant);

  const { slots, rawFiles } = await publishedHistory(database);

  expect(slots.map(({ slot }) => slot)).toEqual([new Date(SLOTS[0])]);
  expect(rawFiles.get('bureau')).toEqual(['s3://raw/a']);
});
