import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LostGrant } from '../../../control-db/queries/database.ts';
import { heldAt, heldInLake, heldNow } from '../../../control-db/queries/held.ts';
import {
  bases,
  completePublication,
  confirmPublication,
  lastPublishedSlot,
  planPublication,
  readPublication,
} from '../../../control-db/queries/publications.ts';
import { closeRun, listRuns, type OpenedRun } from '../../../control-db/queries/runs.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, claimed, open, written } from './delivered.ts';

const FIRST = '2026-01-05T09:00:00Z';
const SECOND = '2026-01-05T21:00:00Z';

let postgres: TestPostgres;
let database: pg.Pool;
let first: OpenedRun;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(async () => {
  await postgres.empty();
  first = await open(database, FIRST, 'a');
  await written(database, first.run, { from: null, to: '8123456789012345678' });
});
afterAll(() => postgres?.stop());

const plan = ({ run, grant }: OpenedRun) => planPublication(database, run, grant);

describe('a publication over a held delivery', () => {
  test('keeps what was held when it was planned, by slot and table, and a later one its own', async () => {
    const [a, b] = [await accepted(database, first.run, 'a.csv'), await accepted(database, first.run, 'b.csv')];
    await closeRun(database, first.run, 'failed', 'audit bad_row_share failed');
    const second = await open(database, SECOND, 'b');
    await written(database, second.run, { from: null, to: '9' });
    const { publication } = await plan(second);
    const held = { slot: new Date(FIRST), table: 'bureau', files: 2, reason: 'audit bad_row_share failed' };
    expect(await heldAt(database, publication)).toEqual([held]);
    expect(await heldNow(database)).toEqual([]);
    await completePublication(database, publication);
    expect(await heldNow(database)).toEqual([held]);

    await database.query(`update file set outcome = 'accepted' where file in ($1, $2)`, [a.file, b.file]);
    expect(await heldAt(database, publication)).toEqual([held]);
    const third = await open(database, '2026-01-06T09:00:00Z', 'c');
    await written(database, third.run, { from: '9', to: '10' });
    const { publication: next } = await plan(third);
    await completePublication(database, next);
    expect(await heldNow(database)).toEqual([]);
  });

  test('is listed with what it lacks, and the run that failed with what it holds, file by file counted', async () => {
    await accepted(database, first.run, 'a.csv');
    await accepted(database, first.run, 'b.csv');
    await claimed(database, first.run, 'not looked at yet.csv');
    await closeRun(database, first.run, 'failed', 'a bug');
    const held = [
      { slot: new Date(FIRST), table: '', files: 1, reason: 'a bug' },
      { slot: new Date(FIRST), table: 'bureau', files: 2, reason: 'a bug' },
    ];
    expect(await heldInLake(database)).toEqual(held);
    const second = await open(database, SECOND, 'b');
    await accepted(database, second.run, 'c.csv');
    await plan(second);
    expect(await listRuns(database, 5)).toMatchObject([
      { slot: new Date(SECOND), held: 1, holds: [], lacks: held },
      { slot: new Date(FIRST), held: null, holds: held, lacks: [] },
    ]);
  });

  test('has it once, however often it is planned', async () => {
    await accepted(database, first.run, 'a.csv');
    await closeRun(database, first.run, 'failed', 'a bug');
    const second = await open(database, SECOND, 'b');
    const { publication } = await plan(second);
    await plan(second);
    expect(await heldAt(database, publication)).toHaveLength(1);
  });
});

describe('a plan', () => {
  test('says of each table of trusted and refined from where to where it moves, and the rows readers will count', async () => {
    expect((await plan(first)).tables).toEqual([
      { table: 'refined.taxa_dados', from: null, to: '8123456789012345678', rowsExpected: 4 },
      { table: 'trusted.bureau', from: null, to: '8123456789012345678', rowsExpected: 30 },
    ]);
  });

  test('is committed once: a repetition finds it unchanged', async () => {
    const planned = await plan(first);
    await written(database, first.run, { from: null, to: '99' });
    expect(await plan(first)).toEqual(planned);
  });

  test('under a grant that is over is refused and leaves nothing', async () => {
    await open(database, SECOND, 'b');
    await expect(plan(first)).rejects.toThrow(LostGrant);
    expect((await database.query('select from publication')).rowCount).toBe(0);
  });

  test('waits for the one before: only one publication is open at a time', async () => {
    await plan(first);
    const second = await open(database, SECOND, 'b');
    await expect(plan(second)).rejects.toMatchObject({ constraint: 'publication_open' });
    await completePublication(database, second.cut?.publication ?? 0);
    await expect(plan(second)).resolves.toMatchObject({ run: second.run, completedAt: null });
  });

  test('of a slot is the only one of it', async () => {
    await completePublication(database, (await plan(first)).publication);
    const again = await open(database, FIRST, 'b');
    await expect(plan(again)).rejects.toMatchObject({ constraint: 'publication_slot' });
  });
});

describe('completing a publication', () => {
  const stateOf = async ({ run }: OpenedRun) => {
    const { rows } = await database.query('select state, message from run where run = $1', [run]);
    return rows[0];
  };

  test('is noted once, and its run stays open until it closes itself', async () => {
    const { publication } = await plan(first);
    await completePublication(database, publication);
    const { completedAt } = await readPublication(database, publication);
    expect(completedAt).not.toBeNull();
    await completePublication(database, publication);
    expect((await readPublication(database, publication)).completedAt).toEqual(completedAt);
    expect(await stateOf(first)).toMatchObject({ state: 'open' });
  });

  test.each(['failed', 'cancelled'] as const)('of a run that closed as %s turns it into published', async (state) => {
    const { publication } = await plan(first);
    await closeRun(database, first.run, state, 'cut short');
    await open(database, SECOND, 'b');
    await completePublication(database, publication);
    expect(await stateOf(first)).toMatchObject({ state: 'published' });
  });

  test('of a run that was terminated closes it as published', async () => {
    const { publication } = await plan(first);
    const second = await open(database, SECOND, 'b');
    await completePublication(database, publication);
    expect(await stateOf(first)).toMatchObject({ state: 'published' });
    expect(await stateOf(second)).toMatchObject({ state: 'open' });
    expect(await open(database, SECOND, 'b')).toMatchObject({ cut: null });
  });

  test('once more, long after, leaves how the run closed as it was', async () => {
    const { publication } = await plan(first);
    await completePublication(database, publication);
    await closeRun(database, first.run, 'published_with_refusals', '1 file refused');
    await open(database, SECOND, 'b');
    await completePublication(database, publication);
    expect(await stateOf(first)).toEqual({ state: 'published_with_refusals', message: '1 file refused' });
  });

  test('is what makes a slot the last published one', async () => {
    const { publication } = await plan(first);
    expect(await lastPublishedSlot(database)).toBeNull();
    await completePublication(database, publication);
    expect(await lastPublishedSlot(database)).toEqual(new Date(FIRST));
  });

  test('goes before confirming it, which is noted once', async () => {
    const { publication } = await plan(first);
    await completePublication(database, publication);
    const confirmedAt = async () => (await database.query('select confirmed_at from publication')).rows[0].confirmed_at;
    expect(await confirmedAt()).toBeNull();
    await confirmPublication(database, publication);
    const confirmed = await confirmedAt();
    expect(confirmed).toBeInstanceOf(Date);
    await confirmPublication(database, publication);
    expect(await confirmedAt()).toEqual(confirmed);
  });
});

describe('the base of the next run', () => {
  test('is nowhere at first, and not at a plan that is not complete', async () => {
    await plan(first);
    expect(await bases(database)).toEqual(new Map());
  });

  test('is for each table where the newest publication that moved it left it', async () => {
    await completePublication(database, (await plan(first)).publication);
    const second = await open(database, SECOND, 'b');
    await written(database, second.run, { from: '8123456789012345678', to: '22' });
    await database.query(`delete from table_load where run = $1 and layer = 'trusted'`, [second.run]);
    await completePublication(database, (await plan(second)).publication);
    expect(await bases(database)).toEqual(
      new Map([
        ['refined.taxa_dados', '22'],
        ['trusted.bureau', '8123456789012345678'],
      ]),
    );
  });
});
