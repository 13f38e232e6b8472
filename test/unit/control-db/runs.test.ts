import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../control-db/migrate.ts';
import { LostGrant, mustHoldGrant, transaction } from '../../../control-db/queries/database.ts';
import { filesOfRun, reclaimGivenBack } from '../../../control-db/queries/files.ts';
import { recordLayer } from '../../../control-db/queries/loads.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { closeRun, listRuns } from '../../../control-db/queries/runs.ts';
import { postgresPool } from '../../../workers/clients.ts';
import type { Config } from '../../../workers/config.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, claimed, load, open, outcomes } from './delivered.ts';

const FIRST = '2026-01-05T09:00:00Z';
const SECOND = '2026-01-05T21:00:00Z';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

const states = async () => {
  const { rows } = await database.query('select slot, attempt, state from run order by run');
  return rows.map(({ slot, attempt, state }) => [slot.toISOString().replace('.000', ''), attempt, state]);
};

test('a transaction that waits for its paused worker is ended, so that it keeps nobody from taking the lake', async () => {
  const pool = postgresPool({ postgresUrl: postgres.url } as Config);
  const { rows } = await pool.query('show idle_in_transaction_session_timeout');
  await pool.end();
  expect(rows).toEqual([{ idle_in_transaction_session_timeout: '10s' }]);

  const { grant } = await open(database, FIRST, 'a');
  const paused = transaction(database, async (client) => {
    await mustHoldGrant(client, grant);
    await client.query(`set local idle_in_transaction_session_timeout = '50ms'`);
    await open(database, SECOND, 'b');
    await client.query('select 1');
  });
  await expect(paused).rejects.toThrow(/terminat|connection/i);
  expect(await states()).toEqual([
    [FIRST, 1, 'cancelled'],
    [SECOND, 1, 'open'],
  ]);
});

test('the migrations are applied once', async () => {
  expect(await migrate(postgres.url)).toEqual([]);
});

describe('opening a run', () => {
  test('again by the same execution gives the same run, attempt and grant', async () => {
    const once = await open(database, FIRST, 'a');
    expect(await open(database, FIRST, 'a')).toEqual(once);
    expect(await states()).toEqual([[FIRST, 1, 'open']]);
  });

  test('of the same slot by another execution counts the attempt up, and the grant', async () => {
    const first = await open(database, FIRST, 'a');
    await closeRun(database, first.run, 'failed', 'a bug');
    const second = await open(database, FIRST, 'b');
    const other = await open(database, SECOND, 'c');
    expect([first, second, other].map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
    expect(second.grant).toBeGreaterThan(first.grant);
    expect(other.grant).toBeGreaterThan(second.grant);
  });

  test('by two executions at once gives two grants, and the older run is the one that is over', async () => {
    const both = await Promise.all([open(database, FIRST, 'a'), open(database, SECOND, 'b')]);
    expect(new Set(both.map(({ grant }) => grant)).size).toBe(2);
    expect(new Set(both.map(({ run }) => run)).size).toBe(2);
  });

  test('tells the newest slot that another run published or planned, and the plan that was cut short', async () => {
    const first = await open(database, FIRST, 'a');
    expect(first).toMatchObject({ lastPublished: null, cut: null });
    await planPublication(database, first.run, first.grant);
    const second = await open(database, SECOND, 'b');
    expect(second.lastPublished).toEqual(new Date(FIRST));
    expect(second.cut).toMatchObject({ run: first.run, slot: new Date(FIRST), attempt: 1, grant: first.grant });
    expect(await states()).toEqual([
      [FIRST, 1, 'open'],
      [SECOND, 1, 'open'],
    ]);
  });
});

describe('a run that was terminated', () => {
  test('is closed by the next one, which takes its files over in the state they had', async () => {
    const terminated = await open(database, FIRST, 'a');
    await claimed(database, terminated.run, 'new.csv');
    await accepted(database, terminated.run, 'good.csv');
    const next = await open(database, SECOND, 'b');
    expect(await states()).toEqual([
      [FIRST, 1, 'cancelled'],
      [SECOND, 1, 'open'],
    ]);
    expect(await outcomes(database)).toEqual({ 'new.csv': 'given_back', 'good.csv': 'given_back' });
    await reclaimGivenBack(database, next.run);
    expect(await outcomes(database)).toEqual({ 'new.csv': 'claimed', 'good.csv': 'accepted' });
    expect((await filesOfRun(database, next.run)).map(({ landingKey }) => landingKey).sort()).toEqual([
      'good.csv',
      'new.csv',
    ]);
    expect(await filesOfRun(database, terminated.run)).toEqual([]);
  });

  test('after its plan keeps its files: the plan will be completed', async () => {
    const terminated = await open(database, FIRST, 'a');
    await accepted(database, terminated.run, 'good.csv');
    await planPublication(database, terminated.run, terminated.grant);
    const next = await open(database, SECOND, 'b');
    await reclaimGivenBack(database, next.run);
    expect(await outcomes(database)).toEqual({ 'good.csv': 'accepted' });
    expect(await filesOfRun(database, next.run)).toEqual([]);
  });
});

test('a run that was terminated after its publication was complete is closed by the next one as published, unconfirmed', async () => {
  const { run, grant } = await open(database, FIRST, 'a');
  const { publication } = await planPublication(database, run, grant);
  await completePublication(database, publication);
  await open(database, SECOND, 'b');
  expect(await states()).toEqual([
    [FIRST, 1, 'published_unconfirmed'],
    [SECOND, 1, 'open'],
  ]);
});

describe('a run that is closed', () => {
  test('claims no file and takes none over: nobody would load it', async () => {
    const { run } = await open(database, FIRST, 'a');
    await accepted(database, run, 'good.csv');
    await open(database, SECOND, 'b');
    await expect(claimed(database, run, 'late.csv')).rejects.toThrow(LostGrant);
    await expect(reclaimGivenBack(database, run)).rejects.toThrow(`run ${run} is cancelled: it may write nothing more`);
    expect(await outcomes(database)).toEqual({ 'good.csv': 'given_back' });
  });

  test('records no layer: its files may be those of the next one', async () => {
    const { run } = await open(database, FIRST, 'a');
    const { file } = await accepted(database, run, 'good.csv');
    const next = await open(database, SECOND, 'b');
    await reclaimGivenBack(database, next.run);
    const refusal = { file, records: 3, rows: 0, unreadable: 0, refusal: 'it is not UTF-8' };
    await expect(recordLayer(database, load(run, 'raw', { fileCounts: [refusal] }))).rejects.toThrow(LostGrant);
    expect(await outcomes(database)).toEqual({ 'good.csv': 'accepted' });
    expect((await database.query('select from layer_load')).rowCount).toBe(0);
  });

  test('records that its publication was carried out, which the next one completes', async () => {
    const { run, grant } = await open(database, FIRST, 'a');
    await planPublication(database, run, grant);
    await closeRun(database, run, 'failed', 'publish died');
    await recordLayer(database, load(run, 'publish'));
    expect((await database.query('select layer from layer_load')).rows).toEqual([{ layer: 'publish' }]);
  });
});

describe('closing a run', () => {
  test('as failed holds its files with the reason, those refused before keep theirs', async () => {
    const { run } = await open(database, FIRST, 'a');
    await claimed(database, run, 'new.csv');
    await accepted(database, run, 'good.csv');
    const bad = await claimed(database, run, 'bad.csv');
    await database.query(`update file set outcome = 'refused', reason = 'UTF-16' where file = $1`, [bad.file]);
    await closeRun(database, run, 'failed', 'audit of bureau');
    expect(await outcomes(database)).toEqual({ 'new.csv': 'held', 'good.csv': 'held', 'bad.csv': 'refused' });
    const { rows } = await database.query('select distinct outcome, reason from file order by outcome');
    expect(rows).toEqual([
      { outcome: 'held', reason: 'audit of bureau' },
      { outcome: 'refused', reason: 'UTF-16' },
    ]);
    const next = await open(database, SECOND, 'b');
    await reclaimGivenBack(database, next.run);
    expect(await filesOfRun(database, next.run)).toEqual([]);
  });

  test('as cancelled gives its files to the next run', async () => {
    const { run } = await open(database, FIRST, 'a');
    await accepted(database, run, 'good.csv');
    await closeRun(database, run, 'cancelled', 'by an operator');
    expect(await outcomes(database)).toEqual({ 'good.csv': 'given_back' });
  });

  test('as failed after its plan leaves its files accepted', async () => {
    const { run, grant } = await open(database, FIRST, 'a');
    await accepted(database, run, 'good.csv');
    await planPublication(database, run, grant);
    await closeRun(database, run, 'failed', 'publish died');
    expect(await outcomes(database)).toEqual({ 'good.csv': 'accepted' });
  });

  test('again changes nothing: the first word counts', async () => {
    const { run } = await open(database, FIRST, 'a');
    await closeRun(database, run, 'published', 'publication 1');
    const before = await listRuns(database, 5);
    await closeRun(database, run, 'failed', 'late');
    expect(await listRuns(database, 5)).toEqual(before);
    expect(before).toMatchObject([{ state: 'published', message: 'publication 1' }]);
  });
});
