import { type Database, mustHoldGrant, type Transaction, transaction } from './database.ts';
import { noteHeld } from './held.ts';

export type PlannedTable = {
  table: string;
  from: string | null;
  to: string;
  /** Of an indicator those of the publication's slot; null if it wrote none there, as a backfill of older slots. */
  rowsExpected: number | null;
};
export type Publication = {
  publication: number;
  run: number;
  backfill: number | null;
  slot: Date;
  completedAt: Date | null;
  tables: PlannedTable[];
};

/**
 * Commits the plan of a run's publication: from here on it is only ever completed. Repeating it changes nothing.
 * @throws LostGrant when another run may write the lake now.
 */
export function planPublication(database: Database, run: number, grant: number): Promise<Publication> {
  return transaction(database, async (client) => {
    await mustHoldGrant(client, grant);
    const inserted = await client.query<{ publication: string }>(
      `insert into publication (run, slot, lake_grant) select run, slot, lake_grant from run where run = $1
       on conflict (run) do nothing returning publication`,
      [run],
    );
    const [created] = inserted.rows;
    if (created) {
      await client.query(
        `insert into publication_table (publication, table_name, snapshot_from, snapshot_to, rows_expected)
         select $1, layer || '.' || table_name || case layer when 'refined' then '_dados' else '' end, snapshot_from, snapshot_to,
                case layer when 'refined' then rows_written else total_rows end
         from table_load where run = $2 and layer in ('trusted', 'refined')`,
        [created.publication, run],
      );
      await client.query(
        'insert into published_run (publication, slot, run) select $1, slot, run from run where run = $2',
        [created.publication, run],
      );
      await noteHeld(client, Number(created.publication));
    }
    const found = await client.query<{ publication: string }>('select publication from publication where run = $1', [
      run,
    ]);
    return readPublication(client, Number(found.rows[0]?.publication));
  });
}

type Queryable = Pick<Database, 'query'>;

export async function readPublication(database: Queryable, publication: number): Promise<Publication> {
  const head = await database.query<{ run: string; backfill: number | null; slot: Date; completed_at: Date | null }>(
    'select run, backfill::float8 as backfill, slot, completed_at from publication where publication = $1',
    [publication],
  );
  const [row] = head.rows;
  if (!row) throw new Error(`there is no publication ${publication}`);
  const tables = await database.query<{ table: string; from: string | null; to: string; rowsExpected: number | null }>(
    `select table_name as "table", snapshot_from as "from", snapshot_to as "to", rows_expected::float8 as "rowsExpected"
     from publication_table where publication = $1 order by table_name`,
    [publication],
  );
  return {
    publication,
    run: Number(row.run),
    backfill: row.backfill,
    slot: row.slot,
    completedAt: row.completed_at,
    tables: tables.rows,
  };
}

export async function publicationOfRun(database: Database, run: number): Promise<Publication> {
  const { rows } = await database.query<{ publication: string }>('select publication from publication where run = $1', [
    run,
  ]);
  const [row] = rows;
  if (!row) throw new Error(`run ${run} has no publication`);
  return readPublication(database, Number(row.publication));
}

/** Notes that every table of the plan was moved. A run that was cut short is closed by this as published. */
export function completePublication(database: Database, publication: number): Promise<void> {
  return transaction(database, async (client) => {
    await client.query('update publication_table set moved_at = coalesce(moved_at, now()) where publication = $1', [
      publication,
    ]);
    await client.query('update publication set completed_at = coalesce(completed_at, now()) where publication = $1', [
      publication,
    ]);
    await client.query(
      `update run set state = 'published', closed_at = now(), message = 'completed by the next run'
       where run = (select run from publication where publication = $1)
         and (state in ('failed', 'cancelled') or (state = 'open' and lake_grant < (select max(lake_grant) from lake_grant)))`,
      [publication],
    );
    await closeBackfill(client, publication);
  });
}

/** A backfill is closed when readers see it, whoever completed it. */
async function closeBackfill(client: Transaction, publication: number): Promise<void> {
  const { rows } = await client.query<{ backfill: string | null }>(
    'select backfill from publication where publication = $1',
    [publication],
  );
  const backfill = rows[0]?.backfill;
  if (backfill == null) return;
  const message = `publication ${publication}`;
  await client.query(
    `update backfill set state = 'published', closed_at = coalesce(closed_at, now()), message = $2 where backfill = $1`,
    [backfill, message],
  );
  await client.query(
    `update run set state = 'published', closed_at = coalesce(closed_at, now()), message = $2 where backfill = $1`,
    [backfill, message],
  );
}

export async function confirmPublication(database: Database, publication: number): Promise<void> {
  await database.query('update publication set confirmed_at = coalesce(confirmed_at, now()) where publication = $1', [
    publication,
  ]);
}

/** The snapshot at which each table stood after the newest publication that moved it: the base of the next run. */
export async function bases(database: Queryable): Promise<Map<string, string>> {
  const { rows } = await database.query<{ table_name: string; snapshot_to: string }>(
    `select distinct on (table_name) table_name, snapshot_to from publication_table join publication using (publication)
     where completed_at is not null order by table_name, publication desc`,
  );
  return new Map(rows.map((row) => [row.table_name, row.snapshot_to]));
}

/** The newest published slot, null before the first publication. */
export async function lastPublishedSlot(database: Database): Promise<Date | null> {
  const { rows } = await database.query<{ slot: Date | null }>(
    `select max(published_run.slot) as slot from published_run join publication using (publication)
     where completed_at is not null`,
  );
  return rows[0]?.slot ?? null;
}

/** All published slots, oldest first. */
export async function publishedSlots(database: Database): Promise<Date[]> {
  const { rows } = await database.query<{ slot: Date }>(
    `select distinct published_run.slot from published_run join publication using (publication)
     where completed_at is not null order by published_run.slot`,
  );
  return rows.map(({ slot }) => slot);
}

export async function countPublications(database: Database): Promise<number> {
  const { rows } = await database.query<{ publications: number }>(
    'select count(*)::int as publications from publication',
  );
  return rows[0]?.publications ?? 0;
}
