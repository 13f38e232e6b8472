import { type Database, mustHoldGrant, type Transaction, transaction } from './database.ts';
import { noteHeld, waitNoMore } from './held.ts';

export type BackfillEnd = 'rejected' | 'planned' | 'published' | 'unchanged' | 'failed' | 'cancelled';

export type BackfillRow = {
  backfill: number;
  /** As it was asked for, whatever that was. */
  request: unknown;
  state: 'waiting' | 'playing' | BackfillEnd;
  message: string | null;
  /** What it covers, as its planner writes it; among it, under `release`, the numbers of the files that it releases. */
  plan: unknown;
  askedAt: Date;
  openedAt: Date | null;
  closedAt: Date | null;
};

const COLUMNS = `backfill::float8 as backfill, request, state, message, plan, asked_at as "askedAt", opened_at as "openedAt",
  closed_at as "closedAt"`;

/** Writes down what a signal asked for, once however often it is called; its number is the backfill's. */
export function register(
  database: Database,
  asked: { queue: string; signal: number; request: unknown },
): Promise<BackfillRow> {
  return transaction(database, async (client) => {
    await client.query(
      'insert into backfill (queue, signal, request) values ($1, $2, $3) on conflict (queue, signal) do nothing',
      [asked.queue, asked.signal, JSON.stringify(asked.request)],
    );
    const { rows } = await client.query<BackfillRow>(
      `select ${COLUMNS} from backfill where queue = $1 and signal = $2`,
      [asked.queue, asked.signal],
    );
    const [row] = rows;
    if (!row) throw new Error(`the backfill of signal ${asked.signal} was not recorded`);
    return row;
  });
}

export async function read(database: Pick<Database, 'query'>, backfill: number): Promise<BackfillRow> {
  const { rows } = await database.query<BackfillRow>(`select ${COLUMNS} from backfill where backfill = $1`, [backfill]);
  const [row] = rows;
  if (!row) throw new Error(`there is no backfill ${backfill}`);
  return row;
}

/** The backfill of the request with this id, null before it was looked at. */
export async function byId(database: Database, id: string): Promise<BackfillRow | null> {
  const { rows } = await database.query<BackfillRow>(`select ${COLUMNS} from backfill where request ->> 'id' = $1`, [
    id,
  ]);
  return rows[0] ?? null;
}

/** The newest backfills, newest first. */
export async function list(database: Database, limit: number): Promise<BackfillRow[]> {
  const { rows } = await database.query<BackfillRow>(
    `select ${COLUMNS} from backfill order by backfill desc limit $1`,
    [limit],
  );
  return rows;
}

/** Notes what a backfill is going to do; one that is only planned is closed by this. */
export async function plan(database: Database, backfill: number, planned: { release: number[] }, dryRun: boolean) {
  await database.query(
    `update backfill set plan = $2, state = case when $3 then 'planned' else state end,
       closed_at = case when $3 then now() end
     where backfill = $1 and closed_at is null`,
    [backfill, JSON.stringify(planned), dryRun],
  );
}

export async function begin(database: Database, backfill: number): Promise<void> {
  await database.query(
    `update backfill set state = 'playing', opened_at = coalesce(opened_at, now()) where backfill = $1 and state = 'waiting'`,
    [backfill],
  );
}

/** Whether the plan of its publication is committed. */
export async function isPlanned(database: Database, backfill: number): Promise<boolean> {
  const { rowCount } = await database.query('select from publication where backfill = $1', [backfill]);
  return rowCount !== 0;
}

/**
 * Closes it and its runs, unless that is done. One whose publication is planned is closed when that is completed, and can then
 * be told more of.
 */
export function close(database: Database, backfill: number, end: BackfillEnd, message: string): Promise<void> {
  return transaction(database, async (client) => {
    const planned = await client.query('select from publication where backfill = $1', [backfill]);
    if (planned.rowCount !== 0) {
      await client.query(
        `update backfill set message = $2 where backfill = $1 and state = 'published' and $3 = 'published'`,
        [...[backfill, message, end]],
      );
      return;
    }
    await client.query(
      'update backfill set state = $2, message = $3, closed_at = now() where backfill = $1 and closed_at is null',
      [backfill, end, message],
    );
    await client.query(
      `update run set state = case when $2 in ('failed', 'cancelled') then $2 else 'superseded' end, message = $3, closed_at = now()
       where backfill = $1 and state = 'open'`,
      [backfill, end, message],
    );
  });
}

export type Replay = { run: number; slot: Date; attempt: number; layers: string[] };

/** The slots of a backfill that were begun, oldest first, with the layers of each whose figures are recorded. */
export async function replays(database: Pick<Database, 'query'>, backfill: number): Promise<Replay[]> {
  const { rows } = await database.query<Replay>(
    `select run::float8 as run, slot, attempt,
            array(select layer from layer_load where layer_load.run = run.run) as layers
     from run where backfill = $1 order by slot`,
    [backfill],
  );
  return rows;
}

/** The run that stands for a slot in this backfill, made if it is missing. */
export function replayOf(database: Database, backfill: number, slot: Date): Promise<Replay> {
  return transaction(database, async (client) => {
    await client.query(
      `insert into run (slot, attempt, kind, backfill)
       select $2, coalesce(max(attempt), 0) + 1, 'backfill', $1 from run where slot = $2
       on conflict (backfill, slot) where backfill is not null do nothing`,
      [backfill, slot],
    );
    const found = (await replays(client, backfill)).find((one) => one.slot.getTime() === slot.getTime());
    if (!found) throw new Error(`slot ${slot.toISOString()} of backfill ${backfill} was not recorded`);
    return found;
  });
}

/** Where the tables stand on the branch: after the newest slot that wrote each. */
export async function heads(database: Database, backfill: number): Promise<Map<string, string>> {
  const { rows } = await database.query<{ table: string; snapshot: string }>(
    `select distinct on (1) ${TABLE} as "table", snapshot_to as snapshot
     from table_load join run using (run) where backfill = $1 and layer in ('trusted', 'refined') order by 1, slot desc`,
    [backfill],
  );
  return new Map(rows.map(({ table, snapshot }) => [table, snapshot]));
}

/** A table of trusted or refined by its name in the lake. */
const TABLE = `layer || '.' || table_name || case layer when 'refined' then '_dados' else '' end`;

/** Where the tags of its slots stand, by the name in the lake of each table that was played. */
export async function slotSnapshots(database: Database, backfill: number) {
  const { rows } = await database.query<{ table: string; slot: Date; layer: string; name: string; snapshot: string }>(
    `select ${TABLE} as "table", slot, layer, table_name as name, snapshot_to as snapshot
     from table_load join run using (run) where backfill = $1 and layer in ('trusted', 'refined') order by slot, 1`,
    [backfill],
  );
  return rows;
}

/** Tables whose files were read again, by slot. */
export async function reread(database: Database, backfill: number): Promise<{ slot: Date; table: string }[]> {
  const { rows } = await database.query<{ slot: Date; table: string }>(
    `select slot, table_name as "table" from table_load join run using (run) where backfill = $1 and layer = 'raw' order by 1, 2`,
    [backfill],
  );
  return rows;
}

/**
 * Commits the plan of its publication, from when on it is only completed: where each table that was played moves, which runs
 * count for their slots from then on, and that its files are released. Repeating it changes nothing.
 * @throws LostGrant when another run may write the lake now. @throws TakenMeanwhile
 */
export function planPublication(database: Database, backfill: number, grant: number): Promise<number> {
  return transaction(database, async (client) => {
    await mustHoldGrant(client, grant);
    const there = await client.query<{ publication: string }>(
      'select publication from publication where backfill = $1',
      [backfill],
    );
    if (there.rows[0]) return Number(there.rows[0].publication);
    const { rows } = await client.query<{ publication: string }>(
      `insert into publication (run, slot, lake_grant, backfill)
       select run, slot, $2, $1 from run where backfill = $1 order by slot desc limit 1 returning publication`,
      [backfill, grant],
    );
    const publication = Number(rows[0]?.publication);
    await client.query(
      'insert into published_run (publication, slot, run) select $1, slot, run from run where backfill = $2',
      [publication, backfill],
    );
    await client.query(
      `insert into publication_table (publication, table_name, snapshot_from, snapshot_to, rows_expected)
       select $1, moved.table_name, base.snapshot_to, moved.snapshot_to, moved.rows_expected
       from (
         select distinct on (1) ${TABLE} as table_name, snapshot_to,
                case when layer = 'trusted' then total_rows when run.slot = publication.slot then rows_written end as rows_expected
         from table_load join run using (run) join publication on publication.publication = $1
         where run.backfill = $2 and layer in ('trusted', 'refined') order by 1, run.slot desc
       ) moved left join (
         select distinct on (table_name) table_name, snapshot_to from publication_table join publication using (publication)
         where completed_at is not null order by table_name, publication desc
       ) base using (table_name)
       where moved.snapshot_to is distinct from base.snapshot_to`,
      [publication, backfill],
    );
    await release(client, backfill);
    await noteHeld(client, publication);
    return publication;
  });
}

/** A released file that another run took meanwhile: its rows would be in two slots. */
export class TakenMeanwhile extends Error {
  override readonly name = 'TakenMeanwhile';
}

/** Files that were read belong to the slot's run from now on; what no run had looked into yet goes to the next run. */
async function release(client: Transaction, backfill: number): Promise<void> {
  const taken = await client.query<{ file: number }>(
    `select file::float8 as file from file join run own using (run)
     where file in (select value::bigint from backfill, jsonb_array_elements_text(plan -> 'release') where backfill = $1)
       and (outcome not in ('held', 'given_back', 'refused')
            or transient_uri is not null and outcome <> 'refused'
               and not exists (select from run replay where replay.backfill = $1 and replay.slot = own.slot))`,
    [backfill],
  );
  if (taken.rows.length > 0)
    throw new TakenMeanwhile(`a run took file ${taken.rows.map(({ file }) => file).join(', ')} meanwhile`);
  await client.query(
    `update file set outcome = case when transient_uri is null then 'given_back' else 'accepted' end, reason = null, waits = false,
       run = coalesce((select replay.run from run replay join run own on own.slot = replay.slot
                       where replay.backfill = $1 and own.run = file.run), run)
     where outcome in ('held', 'given_back')
       and file in (select value::bigint from backfill, jsonb_array_elements_text(plan -> 'release') where backfill = $1)`,
    [backfill],
  );
  await waitNoMore(client);
}

/** Gives files that no run had looked into to the next one: there is nothing of them to be played at their own slot. */
export async function giveBackUnread(database: Database, files: number[]): Promise<void> {
  await database.query(
    `update file set outcome = 'given_back', reason = null, waits = false
     where outcome = 'held' and transient_uri is null and file = any($1)`,
    [files],
  );
}
