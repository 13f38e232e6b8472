import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimFile, filesOfRun, setAside } from '../../../control-db/queries/files.ts';
import { judgements } from '../../../control-db/queries/judgements.ts';
import { rawTables, recordLayer, type TableLoad } from '../../../control-db/queries/loads.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, claimed, load, open, outcomes, seen } from './delivered.ts';

const FIRST = '2026-01-05T09:00:00Z';
const SECOND = '2026-01-05T21:00:00Z';

let postgres: TestPostgres;
let database: pg.Pool;
let run: number;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(async () => {
  await postgres.empty();
  ({ run } = await open(database, FIRST, 'a'));
});
afterAll(() => postgres?.stop());

describe('the ledger', () => {
  test('claims a file once, however often it is seen and by whom', async () => {
    await Promise.all([1, 2, 3].map(() => claimFile(database, run, seen('a.csv'))));
    const next = await open(database, SECOND, 'b');
    await claimFile(database, next.run, seen('a.csv'));
    expect((await filesOfRun(database, run)).map(({ landingKey }) => landingKey)).toEqual(['a.csv']);
    expect(await filesOfRun(database, next.run)).toEqual([]);
  });

  test('takes a new file under an old name as another file', async () => {
    await claimFile(database, run, seen('a.csv'));
    await claimFile(database, run, { ...seen('a.csv'), identity: 'etag of a replacement' });
    expect(await filesOfRun(database, run)).toHaveLength(2);
  });

  test('decides over a file once: a repeated decision does not overturn the first', async () => {
    const file = await accepted(database, run, 'a.csv');
    await setAside(database, file.file, 'refused', { reason: 'late', sourceTable: null, transientUri: null });
    expect(await outcomes(database)).toEqual({ 'a.csv': 'accepted' });
  });

  test('knows no refusal without a reason', async () => {
    const file = await claimed(database, run, 'a.csv');
    const refusing = database.query(`update file set outcome = 'refused' where file = $1`, [file.file]);
    await expect(refusing).rejects.toMatchObject({ code: '23514' });
  });

  test('marks a file as conserved if its records are rows or unreadable lines, and keeps another as evidence', async () => {
    const [good, short] = [await accepted(database, run, 'good.csv'), await accepted(database, run, 'short.csv')];
    const counts = [
      { file: good.file, records: 10, rows: 9, unreadable: 1, refusal: null },
      { file: short.file, records: 10, rows: 8, unreadable: 1, refusal: null },
    ];
    await recordLayer(database, load(run, 'raw', { fileCounts: counts }));
    const { rows } = await database.query('select landing_key, conserved, rows_raw::int from file order by file');
    expect(rows).toEqual([
      { landing_key: 'good.csv', conserved: true, rows_raw: 9 },
      { landing_key: 'short.csv', conserved: false, rows_raw: 8 },
    ]);
    const marking = database.query(`update file set conserved = true where landing_key = 'short.csv'`);
    await expect(marking).rejects.toMatchObject({ constraint: 'records_are_conserved' });
  });

  test('refuses a file that raw refused, with its sentence', async () => {
    const file = await accepted(database, run, 'cut.csv.gz');
    const refusal = 'The gzip stream is cut short.';
    const fileCounts = [{ file: file.file, records: 0, rows: 0, unreadable: 0, refusal }];
    await recordLayer(database, load(run, 'raw', { fileCounts }));
    expect(await filesOfRun(database, run)).toMatchObject([{ outcome: 'refused', reason: refusal }]);
  });
});

const raw: TableLoad = { table: 'bureau', seconds: 1, records: 10, rowsRaw: 9, unreadable: 1, conserved: true };
// 9 = 3 inserted + 2 updated + 1 unchanged + 1 superseded + 1 quarantined + 1 erased
const trusted: TableLoad = {
  ...{ table: 'bureau', source: 'bureau', seconds: 1, rowsRaw: 9, inserted: 3, updated: 2, unchanged: 1 },
  ...{ superseded: 1, quarantined: 1, erased: 1, totalRows: 30, conserved: true },
};

const speaks = { severity: 'error', unaccounted: true } as const;

describe('conservation', () => {
  test('of a table that balances is recorded as such, and nothing speaks against publishing', async () => {
    await recordLayer(database, load(run, 'raw', { tables: [raw] }));
    await recordLayer(database, load(run, 'trusted', { tables: [trusted] }));
    expect(await judgements(database, run)).toEqual([]);
  });

  test.each([
    ['raw', 'raw_is_conserved', { ...raw, rowsRaw: 8 }],
    ['raw', 'raw_is_conserved', { ...raw, unreadable: null }],
    ['trusted', 'trusted_is_conserved', { ...trusted, inserted: 4 }],
    ['trusted', 'trusted_is_conserved', { ...trusted, erased: null }],
  ] as const)(
    'a row of %s marked conserved that does not balance is refused (%s), whole and with its layer',
    async (layer, constraint, table) => {
      if (layer === 'trusted') await recordLayer(database, load(run, 'raw', { tables: [raw] }));
      const recording = recordLayer(database, load(run, layer, { tables: [table] }));
      await expect(recording).rejects.toMatchObject({ constraint });
      expect((await database.query('select from layer_load where layer = $1', [layer])).rowCount).toBe(0);
    },
  );

  test.each([
    ['raw', { ...raw, rowsRaw: 8 }, '10 records, but 8 rows and 1 unreadable'],
    ['trusted', { ...trusted, inserted: 4 }, '9 rows in raw, but 4 inserted, 2 updated'],
  ] as const)(
    'an unmarked row of %s that does not balance is kept and speaks against publishing',
    async (layer, table, sentence) => {
      if (layer === 'trusted') await recordLayer(database, load(run, 'raw', { tables: [raw] }));
      await recordLayer(database, load(run, layer, { tables: [{ ...table, conserved: false }] }));
      expect(await judgements(database, run)).toEqual([
        { ...speaks, layer, table: 'bureau', sentence: expect.stringContaining(sentence) },
      ]);
    },
  );

  test.each([
    ['fewer', { rowsRaw: 8, inserted: 2 }, '10 records of bureau with 1 unreadable lines, so 9 rows, but 8 were read'],
    ['more', { rowsRaw: 10, inserted: 4 }, '10 records of bureau with 1 unreadable lines, so 9 rows, but 10 were read'],
  ])(
    'a trusted table that balances with itself but read %s rows than raw recorded is kept, unmarked, and speaks against publishing',
    async (_what, changes, sentence) => {
      await recordLayer(database, load(run, 'raw', { tables: [raw] }));
      await recordLayer(database, load(run, 'trusted', { tables: [{ ...trusted, ...changes }] }));
      expect(await judgements(database, run)).toEqual([
        { ...speaks, layer: 'trusted', table: 'bureau', sentence: `rows are not conserved: raw recorded ${sentence}` },
      ]);
      const { rows } = await database.query(
        `select rows_raw::int, source_records::int, source_unreadable::int, conserved from table_load where layer = 'trusted'`,
      );
      const kept = { rows_raw: changes.rowsRaw, source_records: 10, source_unreadable: 1, conserved: false };
      expect(rows).toEqual([kept]);
      const marking = database.query(`update table_load set conserved = true where layer = 'trusted'`);
      await expect(marking).rejects.toMatchObject({ constraint: 'trusted_is_all_of_raw' });
    },
  );

  test("says once what the step's own audits say too", async () => {
    const failed = { severity: 'error' as const, value: 8, limit: 9, passed: false, examples: [] };
    const audits = ['conservation', 'rows_from_raw'].map((audit) => ({ ...failed, table: 'bureau', audit }));
    await recordLayer(database, load(run, 'raw', { tables: [raw] }));
    await recordLayer(database, load(run, 'trusted', { tables: [{ ...trusted, rowsRaw: 8, inserted: 2 }], audits }));
    expect(await judgements(database, run)).toMatchObject([{ ...speaks, layer: 'trusted', table: 'bureau' }]);
  });

  test('a trusted table of which raw recorded nothing in this run speaks against publishing', async () => {
    await recordLayer(database, load(run, 'trusted', { tables: [trusted] }));
    expect(await judgements(database, run)).toMatchObject([{ ...speaks, layer: 'trusted', table: 'bureau' }]);
  });

  test('a table of raw that trusted passed over whole speaks against publishing', async () => {
    await recordLayer(database, load(run, 'raw', { tables: [raw, { ...raw, table: 'credit_card' }] }));
    await recordLayer(database, load(run, 'trusted', { tables: [trusted] }));
    const sentence = 'rows are not conserved: 9 rows that no table of trusted read';
    expect(await judgements(database, run)).toEqual([{ ...speaks, layer: 'raw', table: 'credit_card', sentence }]);
  });

  test('opposite errors of two files, which cancel in their table, speak against publishing, each with its file', async () => {
    const [more, less] = [await accepted(database, run, 'more.csv'), await accepted(database, run, 'less.csv')];
    const fileCounts = [
      { file: more.file, records: 5, rows: 6, unreadable: 0, refusal: null },
      { file: less.file, records: 5, rows: 3, unreadable: 1, refusal: null },
    ];
    await recordLayer(database, load(run, 'raw', { tables: [raw], fileCounts }));
    await recordLayer(database, load(run, 'trusted', { tables: [trusted] }));
    const said = (file: string) => ({
      ...speaks,
      layer: 'raw',
      table: 'bureau',
      sentence: `rows are not conserved: ${file}`,
    });
    expect(await judgements(database, run)).toEqual([
      said('file less.csv has 5 records, but 3 rows and 1 unreadable lines'),
      said('file more.csv has 5 records, but 6 rows and 0 unreadable lines'),
    ]);
  });

  test('an accepted file of which raw says nothing speaks against publishing', async () => {
    await accepted(database, run, 'lost.csv');
    expect(await judgements(database, run)).toEqual([]);
    await recordLayer(database, load(run, 'raw', { tables: [raw] }));
    const sentence = 'rows are not conserved: raw says nothing of the accepted file lost.csv';
    expect(await judgements(database, run)).toEqual([{ ...speaks, layer: 'raw', table: 'bureau', sentence }]);
  });
});

describe('what a layer did', () => {
  test('is replaced whole by a repetition', async () => {
    const audit = {
      table: 'bureau',
      audit: 'bad_rows',
      severity: 'error',
      value: 0.5,
      limit: 0.1,
      examples: ['3'],
    } as const;
    const file = (uri: string) => ({ table: 'bureau', uri, bytes: 1 });
    const first = load(run, 'raw', {
      tables: [raw, { ...raw, table: 'credit_card' }],
      audits: [{ ...audit, passed: false, examples: ['3'] }],
      rawFiles: [file('s3://raw/1'), file('s3://raw/2')],
    });
    await recordLayer(database, first);
    expect(await judgements(database, run)).toMatchObject([{ severity: 'error', table: 'bureau' }]);
    await recordLayer(database, load(run, 'raw', { tables: [raw], rawFiles: [file('s3://raw/3')] }));
    expect(await judgements(database, run)).toEqual([]);
    expect(await rawTables(database, run)).toEqual([
      { table: 'bureau', uris: ['s3://raw/3'], records: 10, unreadable: 1 },
    ]);
  });

  test('a table of which raw holds no file is not there for trusted', async () => {
    const tables = [{ ...raw, records: 0, rowsRaw: 0, unreadable: 0 }];
    await recordLayer(database, load(run, 'raw', { tables }));
    expect(await rawTables(database, run)).toEqual([]);
  });
});
