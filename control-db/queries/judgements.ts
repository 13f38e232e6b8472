import type { Database } from './database.ts';

export type Judgement = {
  layer: string;
  table: string;
  sentence: string;
  severity: 'warn' | 'error';
  /** Rows that nobody can account for, whatever the data is like: a fault of the lake and not of the delivery. */
  unaccounted: boolean;
};

/** The audits by which a step says itself that its rows do not balance. */
const CONSERVATION: ReadonlySet<string> = new Set(['conservation', 'rows_from_raw']);

/** Everything that speaks against publishing a run: rows that do not balance, by table and by file, and audits that failed. */
export async function judgements(database: Database, run: number): Promise<Judgement[]> {
  const lost = [
    ...(await unbalancedTables(database, run)),
    ...(await unbalancedFiles(database, run)),
    ...(await unreadTables(database, run)),
  ];
  const audits = await failedAudits(database, run);
  // Spark's own audits of conservation say the same again of a table whose figures do not balance.
  const told = ({ layer, table, audit }: FailedAudit) =>
    CONSERVATION.has(audit) && lost.some((one) => one.layer === layer && one.table === table);
  return [
    ...lost.map((one) => ({ ...one, severity: 'error' as const, unaccounted: true })),
    ...audits
      .filter((row) => !told(row))
      .map((row) => ({
        ...{ layer: row.layer, table: row.table, severity: row.severity, unaccounted: CONSERVATION.has(row.audit) },
        sentence: `audit ${row.audit} failed: ${figure(row.value)} where ${figure(row.limit)} is the limit${row.examples.length > 0 ? ` (for example ${row.examples.slice(0, 3).join(', ')})` : ''}`,
      })),
  ];
}

/** Counts whole, shares to four digits. */
const figure = (value: number | null) =>
  value === null || Number.isInteger(value) ? value : Number(value.toPrecision(4));

type Unaccounted = Pick<Judgement, 'layer' | 'table' | 'sentence'>;

type Figures = Record<
  'records' | 'rowsRaw' | 'unreadable' | 'inserted' | 'updated' | 'unchanged' | 'superseded' | 'quarantined' | 'erased',
  number | null
> & {
  layer: string;
  table: string;
  source: string | null;
  sourceRecords: number | null;
  sourceUnreadable: number | null;
};

async function unbalancedTables(database: Database, run: number): Promise<Unaccounted[]> {
  const { rows } = await database.query<Figures>(
    `select layer, table_name as "table", records::float8, rows_raw::float8 as "rowsRaw", unreadable::float8, inserted::float8,
            updated::float8, unchanged::float8, superseded::float8, quarantined::float8, erased::float8, source_table as source,
            source_records::float8 as "sourceRecords", source_unreadable::float8 as "sourceUnreadable"
     from table_load where run = $1 and not conserved order by layer, table_name`,
    [run],
  );
  return rows.flatMap((row) => {
    const { layer, table } = row;
    return (layer === 'raw' ? rawSentences(row) : trustedSentences(row)).map((sentence) => ({
      layer,
      table,
      sentence,
    }));
  });
}

const rawSentences = (of: Figures) => [
  `rows are not conserved: ${of.records} records, but ${of.rowsRaw} rows and ${of.unreadable} unreadable lines`,
];

/** A table of trusted can lose rows within its own step, between raw and it, or both. */
function trustedSentences(of: Figures): string[] {
  const fates = [of.inserted, of.updated, of.unchanged, of.superseded, of.quarantined, of.erased];
  const sentences: string[] = [];
  if (fates.includes(null) || of.rowsRaw !== fates.reduce<number>((sum, fate) => sum + (fate ?? 0), 0)) {
    sentences.push(
      `rows are not conserved: ${of.rowsRaw} rows in raw, but ${of.inserted} inserted, ${of.updated} updated, ${of.unchanged} unchanged, ${of.superseded} superseded, ${of.quarantined} quarantined, ${of.erased} erased`,
    );
  }
  if (of.sourceRecords === null || of.sourceUnreadable === null) {
    sentences.push(`rows are not conserved: ${of.rowsRaw} rows read, of which raw recorded nothing in this run`);
  } else if (of.rowsRaw !== of.sourceRecords - of.sourceUnreadable) {
    sentences.push(
      `rows are not conserved: raw recorded ${of.sourceRecords} records of ${of.source} with ${of.sourceUnreadable} unreadable lines, so ${of.sourceRecords - of.sourceUnreadable} rows, but ${of.rowsRaw} were read`,
    );
  }
  return sentences;
}

/** Files that do not balance on their own: opposite errors of two files cancel each other in their table's sum. */
async function unbalancedFiles(database: Database, run: number): Promise<Unaccounted[]> {
  const { rows } = await database.query<{
    table: string;
    key: string;
    records: number | null;
    rows: number | null;
    unreadable: number | null;
  }>(
    `select coalesce(source_table, '') as "table", landing_key as key, records::float8, rows_raw::float8 as rows, unreadable::float8
     from file where run = $1 and not conserved
       and (records is not null
            or (outcome = 'accepted' and exists (select from layer_load where layer_load.run = $1 and layer = 'raw')))
     order by source_table, landing_key, file`,
    [run],
  );
  return rows.map(({ table, key, records, rows: written, unreadable }) => ({
    layer: 'raw',
    table,
    sentence:
      records === null
        ? `rows are not conserved: raw says nothing of the accepted file ${key}`
        : `rows are not conserved: file ${key} has ${records} records, but ${written} rows and ${unreadable} unreadable lines`,
  }));
}

/** Tables with rows in raw that trusted passed over whole. */
async function unreadTables(database: Database, run: number): Promise<Unaccounted[]> {
  const { rows } = await database.query<{ table: string; rows: number }>(
    `select table_name as "table", rows_raw::float8 as rows from table_load raw
     where run = $1 and layer = 'raw' and rows_raw > 0
       and exists (select from layer_load where layer_load.run = $1 and layer = 'trusted')
       and not exists (select from table_load trusted
                       where trusted.run = $1 and trusted.layer = 'trusted' and trusted.source_table = raw.table_name)
     order by table_name`,
    [run],
  );
  return rows.map(({ table, rows: written }) => ({
    layer: 'raw',
    table,
    sentence: `rows are not conserved: ${written} rows that no table of trusted read`,
  }));
}

type FailedAudit = {
  layer: string;
  table: string;
  audit: string;
  severity: 'warn' | 'error';
  value: number | null;
  limit: number | null;
  examples: string[];
};

async function failedAudits(database: Database, run: number): Promise<FailedAudit[]> {
  const { rows } = await database.query<FailedAudit>(
    `select layer, table_name as "table", audit, severity, value, limit_value as "limit", examples
     from audit_result where run = $1 and not passed order by layer, table_name, audit`,
    [run],
  );
  return rows;
}
