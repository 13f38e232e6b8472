import type { Database } from './database.ts';

type Queryable = Pick<Database, 'query'>;

/** The files of one source table that are held in one slot; `table` is empty if a run failed before it knew theirs. */
export type HeldDelivery = { slot: Date; table: string; files: number; reason: string };

/** Notes what is held at this moment with the publication that is being planned; later releases do not change it. */
export async function noteHeld(database: Queryable, publication: number): Promise<void> {
  await database.query(
    `insert into publication_held (publication, slot, source_table, files, reason)
     select $1, slot, coalesce(source_table, ''), count(*), max(coalesce(reason, '')) from file join run using (run)
     where outcome = 'held' group by slot, coalesce(source_table, '')`,
    [publication],
  );
}

/** Over which held deliveries a publication was made, oldest first. */
export async function heldAt(database: Queryable, publication: number): Promise<HeldDelivery[]> {
  const { rows } = await database.query<HeldDelivery>(
    `select slot, source_table as "table", files, reason from publication_held where publication = $1
     order by slot, source_table`,
    [publication],
  );
  return rows;
}

/** What the newest completed publication was made over. */
export async function heldNow(database: Queryable): Promise<HeldDelivery[]> {
  const { rows } = await database.query<{ publication: string | null }>(
    'select max(publication) as publication from publication where completed_at is not null',
  );
  const newest = rows[0]?.publication;
  return newest == null ? [] : heldAt(database, Number(newest));
}

/** What is held at this moment, oldest first. */
export async function heldInLake(database: Queryable): Promise<HeldDelivery[]> {
  const { rows } = await database.query<HeldDelivery>(
    `select slot, coalesce(source_table, '') as "table", count(*)::int as files, max(coalesce(reason, '')) as reason
     from file join run using (run) where outcome = 'held' group by 1, 2 order by 1, 2`,
  );
  return rows;
}

/** Of these runs the deliveries that they hold themselves, and those over which their publication was made. */
export async function heldOfRuns(
  database: Queryable,
  runs: readonly number[],
): Promise<(HeldDelivery & { run: number; side: 'holds' | 'lacks' })[]> {
  const { rows } = await database.query<HeldDelivery & { run: number; side: 'holds' | 'lacks' }>(
    `select run::float8 as run, 'holds' as side, slot, coalesce(source_table, '') as "table", count(*)::int as files,
            max(coalesce(reason, '')) as reason
     from file join run using (run) where outcome = 'held' and run = any($1) group by run, slot, coalesce(source_table, '')
     union all
     select run::float8, 'lacks', held.slot, source_table, files, reason
     from publication_held held join publication using (publication) where run = any($1)
     order by 1, 2, 3, 4`,
    [runs],
  );
  return rows;
}

/** The oldest slot of another run in which files of the source table are held; null when none is. */
export async function firstHeld(database: Queryable, table: string, run: number): Promise<Date | null> {
  const { rows } = await database.query<{ slot: Date }>(
    `select slot from file join run using (run)
     where outcome = 'held' and source_table = $1 and run <> $2 order by run.slot limit 1`,
    [table, run],
  );
  return rows[0]?.slot ?? null;
}

/**
 * Gives back the files that waited, and wait behind no held delivery of their table any more; tells which. Called where one
 * is settled, and when a run begins, as one may have begun to wait just then.
 */
export async function waitNoMore(database: Queryable): Promise<number[]> {
  const { rows } = await database.query<{ file: number }>(
    `update file set outcome = 'given_back', waits = false, reason = null
     where waits and outcome = 'held' and not exists (
       select from file earlier where earlier.outcome = 'held' and not earlier.waits
         and earlier.source_table = file.source_table and earlier.run < file.run)
     returning file::float8 as file`,
  );
  return rows.map(({ file }) => file);
}
