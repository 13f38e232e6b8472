import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { filesOfRun, holdBehind, reclaimGivenBack } from '../../../control-db/queries/files.ts';
import { firstHeld, heldAt, heldInLake } from '../../../control-db/queries/held.ts';
import { ledgerEntry, listFiles } from '../../../control-db/queries/ledger.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { chosenFiles, rejectFiles } from '../../../control-db/queries/rejections.ts';
import { closeRun } from '../../../control-db/queries/runs.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, claimed, open, outcomes } from './delivered.ts';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

const [FIRST, SECOND, THIRD] = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z', '2026-01-06T09:00:00Z'];
const WITHDRAWN = { reason: 'withdrawn by the source', by: 'ana' };

/** A run of the slot whose audit fails, so that its files are held. */
async function heldIn(slot: string, ...keys: string[]): Promise<number[]> {
  const { run } = await open(database, slot, `${slot} held`);
  const files = [];
  for (const key of keys) files.push((await accepted(database, run, key)).file);
  await closeRun(database, run, 'failed', 'audit of bureau');
  return files;
}

/** A run of the slot in which a file of the same table waits behind what is held. */
async function waitingIn(slot: string, key: string): Promise<number> {
  const { run } = await open(database, slot, `${slot} waiting`);
  const { file } = await claimed(database, run, key);
  const found = { sourceTable: 'bureau', transientUri: `s3://lake-transient/${key}`, columns: ['SK_ID_CURR'] };
  await holdBehind(database, file, { ...found, compression: 'gzip', notes: ['a note'], reason: 'it waits' });
  await closeRun(database, run, 'empty', 'none to be loaded now');
  return file;
}

const lacks = async (slot: string) => {
  const { run, grant } = await open(database, slot, `${slot} published`);
  const { publication } = await planPublication(database, run, grant);
  await completePublication(database, publication);
  return (await heldAt(database, publication)).map(({ files }) => files);
};

test('a rejected file is refused with the reason, the person and the moment, and what it was held for is kept', async () => {
  const [file = 0, other = 0] = await heldIn(FIRST, 'a.csv', 'b.csv');
  await rejectFiles(database, [file], WITHDRAWN);
  expect(await ledgerEntry(database, file)).toMatchObject({
    ...{ outcome: 'refused', reason: WITHDRAWN.reason, state: 'failed', publication: null },
    rejection: { by: 'ana', at: expect.any(Date), heldBecause: 'audit of bureau' },
  });
  expect(await ledgerEntry(database, other)).toMatchObject({ outcome: 'held', rejection: null });
  expect(await ledgerEntry(database, 99)).toBeNull();
});

test('later publications no longer lack a rejected delivery, and what an earlier one lacked stays noted', async () => {
  const files = await heldIn(FIRST, 'a.csv', 'b.csv');
  expect(await lacks(SECOND)).toEqual([2]);
  await rejectFiles(database, files, WITHDRAWN);
  expect(await heldInLake(database)).toEqual([]);
  expect(await lacks(THIRD)).toEqual([]);
  expect((await heldAt(database, 1)).map(({ files }) => files)).toEqual([2]);
});

test('files are rejected all or none: one that is not held stops the others', async () => {
  const files = await heldIn(FIRST, 'a.csv', 'b.csv');
  await rejectFiles(database, files.slice(1), WITHDRAWN);
  await expect(rejectFiles(database, files, { ...WITHDRAWN, by: 'bia' })).rejects.toThrow(/file 2/);
  expect(await outcomes(database)).toEqual({ 'a.csv': 'held', 'b.csv': 'refused' });
  expect((await ledgerEntry(database, 2))?.rejection?.by).toBe('ana');
});

test('a delivery that waits goes on whole with the next run once the one before it is rejected, and later ones wait no more', async () => {
  const [held = 0] = await heldIn(FIRST, 'a.csv');
  const waiting = await waitingIn(SECOND, 'b.csv.gz');
  expect((await rejectFiles(database, [held], WITHDRAWN)).map(({ landingKey }) => landingKey)).toEqual(['b.csv.gz']);
  const next = await open(database, THIRD, 'next');
  expect(await firstHeld(database, 'bureau', next.run)).toBeNull();
  await reclaimGivenBack(database, next.run);
  expect(await filesOfRun(database, next.run)).toMatchObject([
    { file: waiting, outcome: 'accepted', reason: null, compression: 'gzip', columns: ['SK_ID_CURR'] },
  ]);
});

test('a delivery waits on while another one before it is held, and does not wait for one after it', async () => {
  const [first = 0] = await heldIn(FIRST, 'a.csv');
  const [second = 0] = await heldIn(SECOND, 'b.csv');
  await waitingIn(THIRD, 'c.csv');
  await heldIn('2026-01-06T21:00:00Z', 'd.csv');
  expect(await rejectFiles(database, [first], WITHDRAWN)).toEqual([]);
  expect(await rejectFiles(database, [second], WITHDRAWN)).toMatchObject([
    { landingKey: 'c.csv', outcome: 'given_back' },
  ]);
});

test('a delivery that began to wait just when the one before it was settled goes on with the next run', async () => {
  const [held = 0] = await heldIn(FIRST, 'a.csv');
  await rejectFiles(database, [held], WITHDRAWN);
  const waiting = await waitingIn(SECOND, 'b.csv');
  const next = await open(database, THIRD, 'next');
  await reclaimGivenBack(database, next.run);
  expect(await filesOfRun(database, next.run)).toMatchObject([{ file: waiting, outcome: 'accepted' }]);
});

test('a slot stands for its files that are held, and for those that were rejected before, of all tables or of one', async () => {
  const [first = 0, second = 0] = await heldIn(FIRST, 'a.csv', 'b.csv');
  await heldIn(SECOND, 'c.csv');
  await rejectFiles(database, [first], WITHDRAWN);
  const chosen = (table: string | null) => chosenFiles(database, { slot: new Date(FIRST), table });
  expect(await chosen(null)).toMatchObject([
    { file: first, outcome: 'refused', rejectedBy: 'ana' },
    { file: second, outcome: 'held', rejectedBy: null },
  ]);
  expect(await chosen('BUREAU')).toHaveLength(2);
  expect(await chosen('credit_card')).toEqual([]);
});

test('the ledger is listed newest first, by slot, table and outcome', async () => {
  await heldIn(FIRST, 'a.csv', 'b.csv');
  const { run } = await open(database, SECOND, 'b');
  await claimed(database, run, 'c.csv');
  const keys = async (filter: Parameters<typeof listFiles>[1], limit = 10) =>
    (await listFiles(database, filter, limit)).map(({ key }) => key);
  expect(await keys({})).toEqual(['c.csv', 'b.csv', 'a.csv']);
  expect(await keys({}, 1)).toEqual(['c.csv']);
  expect(await keys({ slot: new Date(FIRST) })).toEqual(['b.csv', 'a.csv']);
  expect(await keys({ table: 'Bureau' })).toEqual(['b.csv', 'a.csv']);
  expect(await keys({ outcome: 'claimed' })).toEqual(['c.csv']);
});
