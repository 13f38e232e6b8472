import { type Database, mustBeOpen, type Transaction, transaction } from './database.ts';

export type TableLoad = {
  table: string;
  /** Of trusted alone: the source table whose rows of raw it read. */
  source?: string | undefined;
  /** Of trusted in a backfill: the run whose raw layer it read, if that is not its own. */
  sourceRun?: number | undefined;
  seconds: number;
  bytes?: number | null;
  records?: number | null;
  rowsRaw?: number | null;
  unreadable?: number | null;
  inserted?: number | null;
  updated?: number | null;
  unchanged?: number | null;
  superseded?: number | null;
  conflicting?: number | null;
  quarantined?: number | null;
  erased?: number | null;
  rowsWritten?: number | null;
  totalRows?: number | null;
  snapshotFrom?: string | null;
  snapshotTo?: string | null;
  /** Whether the step's own figures balance; a table of trusted must also have read what raw recorded. */
  conserved: boolean;
  /** Of trusted alone: the rows that the slot wrote, and how many of them have no value, by column. */
  profile?: { rows: number; nulls: Record<string, number> };
};

export type AuditRow = {
  table: string;
  audit: string;
  severity: 'warn' | 'error';
  value: number | null;
  limit: number | null;
  passed: boolean;
  examples: string[];
};

/** Of a file that raw refused, `refusal` says why in a sentence. */
export type FileCount = { file: number; records: number; rows: number; unreadable: number; refusal: string | null };

export type LayerLoad = {
  run: number;
  layer: 'raw' | 'trusted' | 'refined' | 'publish';
  clusterId: string;
  stepId: string;
  startedAt: string;
  endedAt: string;
  metricsUri: string;
  tables: TableLoad[];
  audits: AuditRow[];
  /** Of raw alone: the Parquet files that now make it up, and the figures of each file of the delivery. */
  rawFiles: { table: string; uri: string; bytes: number }[];
  fileCounts: FileCount[];
};

/**
 * Writes what a layer did in one transaction; a second call replaces the first whole. What was published is written of a closed run
 * too, whose publication the next one completes. @throws LostGrant when the run is closed, as its files may be another's by now.
 */
export function recordLayer(database: Database, load: LayerLoad): Promise<void> {
  return transaction(database, async (client) => {
    if (load.layer !== 'publish') await mustBeOpen(client, load.run);
    for (const table of ['raw_file', 'audit_result', 'table_load', 'layer_load']) {
      await client.query(`delete from ${table} where run = $1 and layer = $2`, [load.run, load.layer]);
    }
    await client.query(
      `insert into layer_load (run, layer, cluster_id, step_id, started_at, ended_at, metrics_uri) values ($1, $2, $3, $4, $5, $6, $7)`,
      [load.run, load.layer, load.clusterId, load.stepId, load.startedAt, load.endedAt, load.metricsUri],
    );
    for (const table of load.tables) {
      await insertTableLoad(client, load, table);
      await insertProfile(client, load, table);
    }
    for (const { table, audit, severity, value, limit, passed, examples } of load.audits) {
      await client.query(
        `insert into audit_result (run, layer, table_name, audit, severity, value, limit_value, passed, examples)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [load.run, load.layer, table, audit, severity, value, limit, passed, examples],
      );
    }
    for (const { table, uri, bytes } of load.rawFiles) {
      await client.query('insert into raw_file (run, table_name, uri, bytes) values ($1, $2, $3, $4)', [
        load.run,
        table,
        uri,
        bytes,
      ]);
    }
    for (const { file, records, rows, unreadable, refusal } of load.fileCounts) {
      await client.query(
        `update file set records = $2, rows_raw = $3, unreadable = $4, conserved = $5,
           outcome = case when $6::text is null then outcome else 'refused' end, reason = coalesce($6, reason)
         where file = $1`,
        [file, records, rows, unreadable, records === rows + unreadable, refusal],
      );
    }
  });
}

async function insertTableLoad(client: Transaction, load: LayerLoad, table: TableLoad): Promise<void> {
  const source =
    load.layer === 'trusted' ? await sourceFigures(client, table.sourceRun ?? load.run, table.source) : null;
  const readAll = load.layer !== 'trusted' || (source !== null && table.rowsRaw === source.records - source.unreadable);
  await client.query(
    `insert into table_load (run, layer, table_name, seconds, bytes, records, rows_raw, unreadable, inserted, updated, unchanged,
       superseded, conflicting, quarantined, erased, rows_written, total_rows, snapshot_from, snapshot_to, conserved,
       source_table, source_records, source_unreadable)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
    [
      ...[
        load.run,
        load.layer,
        table.table,
        table.seconds,
        table.bytes,
        table.records,
        table.rowsRaw,
        table.unreadable,
      ],
      ...[
        table.inserted,
        table.updated,
        table.unchanged,
        table.superseded,
        table.conflicting,
        table.quarantined,
        table.erased,
      ],
      ...[table.rowsWritten, table.totalRows, table.snapshotFrom, table.snapshotTo, table.conserved && readAll],
      ...[table.source, source?.records, source?.unreadable],
    ],
  );
}

/** What raw recorded of the source table in that run; null when it recorded nothing. */
async function sourceFigures(client: Transaction, run: number, source: string | undefined) {
  const { rows } = await client.query<{ records: number; unreadable: number }>(
    `select records::float8, unreadable::float8 from table_load
     where run = $1 and layer = 'raw' and table_name = $2 and records is not null and unreadable is not null`,
    [run, source],
  );
  return rows[0] ?? null;
}

async function insertProfile(client: Transaction, load: LayerLoad, { table, profile }: TableLoad): Promise<void> {
  if (profile === undefined) return;
  await client.query(
    `insert into table_profile (run, layer, table_name, column_name, rows, nulls)
     select $1, $2, $3, column_name, $4, nulls from unnest($5::text[], $6::bigint[]) as given (column_name, nulls)`,
    [load.run, load.layer, table, profile.rows, Object.keys(profile.nulls), Object.values(profile.nulls)],
  );
}

export type RawTableFiles = { table: string; uris: string[]; records: number; unreadable: number };

/** What makes up a run's raw layer, by source table; a table whose every file was refused is not there. */
export async function rawTables(database: Database, run: number): Promise<RawTableFiles[]> {
  const { rows } = await database.query<RawTableFiles>(
    `select table_name as "table", array_agg(uri order by uri) as uris, records::float8, unreadable::float8
     from raw_file join table_load using (run, layer, table_name)
     where run = $1 group by table_name, records, unreadable order by table_name`,
    [run],
  );
  return rows;
}

export type LayerTotals = {
  layer: string;
  table: string;
  rows: number;
  changed: number | null;
  bad: number | null;
  seconds: number;
};

/** Rows by layer and table of one run, for people. */
export async function layerTotals(database: Database, slot: Date): Promise<LayerTotals[]> {
  const { rows } = await database.query(
    `select layer, table_name as "table", coalesce(rows_written, total_rows, rows_raw, 0)::float8 as rows,
            (inserted + updated)::float8 as changed, (coalesce(unreadable, 0) + coalesce(quarantined, 0))::float8 as bad,
            seconds::float8
     from published_load where slot = $1 and layer <> 'publish' order by array_position(array['raw', 'trusted', 'refined'], layer), table_name`,
    [slot],
  );
  return rows;
}

export type LayerFiles = { layer: 'transient' | 'raw'; tables: number; files: number; rows: number };

/** Files and rows of the layers before Iceberg, over all published slots. */
export async function publishedFiles(database: Database): Promise<LayerFiles[]> {
  const { rows } = await database.query<LayerFiles>(
    `select 'transient' as layer, count(distinct source_table)::int as tables, count(*)::int as files,
            coalesce(sum(records), 0)::float8 as rows
     from file join published_run using (run) where outcome = 'accepted'
     union all
     select 'raw', count(distinct table_name)::int, count(*)::int,
            (select coalesce(sum(rows_raw), 0)::float8 from published_load where layer = 'raw')
     from published_raw_file`,
  );
  return rows;
}
