import { describe, expect, test } from 'vitest';
import { layerLoad, type Metrics, summarise } from '../../../activities/metrics.ts';
import type { RawFile, RawTable, TrustedTable } from '../../../spark/contract/metrics.ts';

const step = { run: 3, clusterId: 'j-1', stepId: 's-1', metricsUri: 's3://lake-controle/metrics.json' };
const where = { ...step, trusted: { bureau: { source: 'Bureau' } } };
const head = {
  ...{ format: 1 as const, slot: '20260105T090000Z', attempt: 1, applicationId: 'local-1', audits: [] },
  ...{ startedAt: '2026-01-05T09:00:00.000Z', endedAt: '2026-01-05T09:01:12.340Z' },
};

const file = (changes: Partial<RawFile>): RawFile => ({
  ...{ id: 1, records: 10, rows: 9, unreadable: 1, bytes: 100, refused: null },
  ...changes,
});
const rawTable = (changes: Partial<RawTable>): RawTable => ({
  ...{ table: 'bureau', seconds: 2, bytes: 50, files: [file({})], rows: 9 },
  outputs: [{ uri: 's3://lake-raw/bureau/part-0.parquet', bytes: 50 }],
  ...changes,
});
const raw = (...tables: RawTable[]): Metrics => ({ ...head, layer: 'raw', tables });

// 21 = 6 inserted + 5 updated + 4 unchanged + 3 superseded + 2 quarantined + 1 erased; conflicting ones are no term.
const balanced = {
  ...{ table: 'bureau', seconds: 3.5, bytes: 70, rowsRaw: 21, inserted: 6, updated: 5, unchanged: 4, superseded: 3 },
  ...{ quarantined: 2, erased: 1, conflicting: 2, totalRows: 400, snapshotFrom: '1', snapshotTo: '2' },
} as TrustedTable;
const trusted = (table: TrustedTable): Metrics => ({ ...head, layer: 'trusted', tables: [table] });

describe('a load of raw', () => {
  test('sums its files, and is conserved if every record is a row or an unreadable line', () => {
    const files = [file({}), file({ id: 2, records: 5, rows: 5, unreadable: 0 })];
    const load = layerLoad(raw(rawTable({ files, rows: 14 })), where);
    expect(load).toMatchObject({ ...step, layer: 'raw', startedAt: head.startedAt, endedAt: head.endedAt });
    expect(load.tables).toEqual([
      { table: 'bureau', seconds: 2, bytes: 50, records: 15, rowsRaw: 14, unreadable: 1, conserved: true },
    ]);
    expect(load.rawFiles).toEqual([{ table: 'bureau', uri: 's3://lake-raw/bureau/part-0.parquet', bytes: 50 }]);
  });

  test.each([
    ['a row is missing', { rows: 8 }],
    ['a row is too many', { rows: 10 }],
    ['a file has records of which nothing is left', { files: [file({}), file({ id: 2, rows: 0, unreadable: 0 })] }],
  ])('is not conserved if %s', (_what, changes) => {
    expect(layerLoad(raw(rawTable(changes)), where).tables).toMatchObject([{ conserved: false }]);
  });

  test('tells of each file what became of it, and why it was refused', () => {
    const message = 'The gzip stream is cut short.';
    const refused = { reason: 'gzip_damaged', message } as const;
    const files = [file({}), file({ id: 2, records: 0, rows: 0, unreadable: 0, refused })];
    expect(layerLoad(raw(rawTable({ files })), where).fileCounts).toEqual([
      { file: 1, records: 10, rows: 9, unreadable: 1, refusal: null },
      { file: 2, records: 0, rows: 0, unreadable: 0, refusal: expect.any(String) },
    ]);
  });

  test.each([
    ['empty', 'the file has no line', /^The file has no line\. Ask the source to send it again/],
    ['gzip_damaged', 'the gzip data is cut short', /^The gzip data is cut short\. Ask the source to compress/],
    ['not_utf8', '3 lines hold bytes that are not UTF-8', /^3 lines .*\. Ask the source for UTF-8/],
    ['nul_byte', '1 lines hold a NUL byte', /NUL byte\. Ask the source for a text file/],
    ['line_too_long', 'a line of 2000000 bytes', /^A line of 2000000 bytes\. Ask the source to check the line ends/],
    ['line_ends', 'lines end in CR alone', /CR alone\. Ask the source for one kind of line end/],
    ['unbalanced_quote', 'a quote is never closed.', /never closed\. Ask the source to close each quote/],
  ] as const)('says of a file refused as %s what the fault is and what to do', (reason, message, sentence) => {
    const files = [file({ records: 0, rows: 0, unreadable: 0, refused: { reason, message } })];
    expect(layerLoad(raw(rawTable({ files })), where).fileCounts[0]?.refusal).toMatch(sentence);
  });

  test('is summed up as files loaded and refused, over all tables', () => {
    const refused = { reason: 'empty', message: 'no text' } as const;
    const other = rawTable({ table: 'previous', files: [file({ id: 2, refused }), file({ id: 3, refused })] });
    const summary = summarise(raw(rawTable({}), other));
    expect(summary.files).toEqual({ loaded: 1, refused: 2 });
    expect(summary.tables[0]).toEqual({ table: 'bureau', rows: 9, changed: null, bad: 1, seconds: 2 });
  });
});

describe('a load of trusted', () => {
  test('is conserved if every row of raw has one fate', () => {
    const [load] = layerLoad(trusted(balanced), where).tables;
    expect(load).toMatchObject({
      source: 'Bureau',
      conserved: true,
      totalRows: 400,
      snapshotFrom: '1',
      snapshotTo: '2',
    });
  });

  test.each(['rowsRaw', 'inserted', 'updated', 'unchanged', 'superseded', 'quarantined', 'erased'] as const)(
    'is not conserved if %s is one more',
    (term) => {
      const load = layerLoad(trusted({ ...balanced, [term]: balanced[term] + 1 }), where);
      expect(load.tables).toMatchObject([{ conserved: false, [term]: balanced[term] + 1 }]);
    },
  );

  test('counts rows with conflicting twins, which have a fate already', () => {
    const load = layerLoad(trusted({ ...balanced, conflicting: 9 }), where);
    expect(load.tables).toMatchObject([{ conserved: true, conflicting: 9 }]);
  });

  test('is summed up as what the table holds, what changed and what is bad', () => {
    expect(summarise(trusted(balanced))).toEqual({
      step: 'trusted',
      seconds: 72.3,
      tables: [{ table: 'bureau', rows: 400, changed: 11, bad: 2, seconds: 3.5 }],
      files: null,
    });
  });
});

test('a load of refined has the rows written; a publication from where to where each table moved', () => {
  const refined: Metrics = {
    ...{ ...head, layer: 'refined' },
    tables: [{ table: 'taxa', seconds: 1, bytes: 5, rows: 4, snapshotFrom: '6', snapshotTo: '7' }],
  };
  expect(layerLoad(refined, where).tables).toMatchObject([{ table: 'taxa', rowsWritten: 4, snapshotTo: '7' }]);
  const publish: Metrics = {
    ...{ ...head, layer: 'publish' },
    tables: [{ table: 'refined.taxa_dados', seconds: 1, from: null, to: '7', moved: true }],
  };
  expect(layerLoad(publish, where).tables).toMatchObject([
    { table: 'refined.taxa_dados', snapshotFrom: null, snapshotTo: '7' },
  ]);
});
