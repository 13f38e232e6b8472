import type { Database } from './database.ts';
import type { FileRow } from './files.ts';
import type { RawTableFiles } from './loads.ts';

/** Raw of a source table in a slot, and the run that wrote it. */
export type RawOfRun = RawTableFiles & { run: number };

const GATHERED = `run::float8 as run, table_name as "table", array_agg(uri order by uri) as uris, records::float8, unreadable::float8`;

/** What is published of a slot's raw layer, by source table. */
export async function publishedRaw(database: Database, slot: Date): Promise<RawOfRun[]> {
  const { rows } = await database.query<RawOfRun>(
    `select ${GATHERED} from published_raw_file join table_load using (run, layer, table_name)
     where slot = $1 group by run, table_name, records, unreadable order by table_name`,
    [slot],
  );
  return rows;
}

/** What some runs wrote to raw, by source table; of two that wrote the same table the newer counts. */
export async function rawOfRuns(database: Database, runs: number[]): Promise<RawOfRun[]> {
  const { rows } = await database.query<RawOfRun>(
    `select distinct on (table_name) ${GATHERED} from raw_file join table_load using (run, layer, table_name)
     where run = any($1) group by run, table_name, records, unreadable order by table_name, run desc`,
    [runs],
  );
  return rows;
}

/** A file that can be loaded in its own slot, or why not. */
export type HeldFile = {
  file: number;
  run: number;
  slot: Date;
  outcome: string;
  sourceTable: string | null;
  /** Whether a run has looked into it and copied it to transient. */
  examined: boolean;
};

export async function heldFiles(database: Database, files: number[]): Promise<HeldFile[]> {
  const { rows } = await database.query<HeldFile>(
    `select file::float8 as file, run::float8 as run, slot, outcome, source_table as "sourceTable", transient_uri is not null as examined
     from file join run using (run) where file = any($1) order by file`,
    [files],
  );
  return rows;
}

/** The files of a slot that are loaded when it is played: those that were accepted, and those that are released. */
export async function filesOfSlot(database: Database, slot: Date, released: number[]): Promise<FileRow[]> {
  const { rows } = await database.query<FileRow>(
    `select file::float8 as file, landing_key as "landingKey", identity, arrived_at as "arrivedAt", bytes::float8 as bytes, etag, outcome,
            reason, source_table as "sourceTable", transient_uri as "transientUri", columns, compression, removed_at as "removedAt"
     from file join run using (run)
     where slot = $1 and transient_uri is not null and source_table is not null
       and (file = any($2) and outcome in ('held', 'given_back', 'accepted')
            or outcome = 'accepted' and run in (select run from published_run))
     order by arrived_at, landing_key, file`,
    [slot, released],
  );
  return rows;
}

/** Rows and seconds of what the slots had when they were published: by which a backfill of them is estimated. */
export async function costOf(
  database: Database,
  slots: Date[],
  tables: { trusted: string[]; refined: string[] },
): Promise<{ rows: number; seconds: number }> {
  const { rows } = await database.query<{ rows: number; seconds: number }>(
    `select coalesce(sum(coalesce(rows_raw, rows_written)), 0)::float8 as rows,
            coalesce((select sum(extract(epoch from ended_at - started_at)) from layer_load
                      where (run, layer) in (select run, layer from published_load
                                             where slot = any($1) and layer = any($4))), 0)::float8 as seconds
     from published_load
     where slot = any($1) and (layer = 'trusted' and table_name = any($2) or layer = 'refined' and table_name = any($3))`,
    [slots, tables.trusted, tables.refined, tables.trusted.length > 0 ? ['trusted', 'refined'] : ['refined']],
  );
  return rows[0] ?? { rows: 0, seconds: 0 };
}
