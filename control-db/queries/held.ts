import type { Database } from './database.ts';

type Queryable = Pick<Database, 'query'>;

/** The files of one source table that are held in one slot; `reason` is why. */
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

/** The oldest slot of another run in which files of the source table are held; null when none is. */
export async function firstHeld(database: Queryable, table: string, run: number): Promise<Date | null> {
  const { rows } = await database.query<{ slot: Date }>(
    `select slot from file join run using (run)
     where outcome = 'held' and source_table = $1 and run <> $2 order by run.slot limit 1`,
    [table, run],
  );
  return rows[0]?.slot ?? null;
}
