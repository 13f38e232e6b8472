import { type Database, type Transaction, transaction } from './database.ts';
import { type HeldDelivery, heldOfRuns } from './held.ts';

export type RunKind = 'scheduled' | 'manual' | 'backfill';

export type OpenedRun = {
  run: number;
  attempt: number;
  grant: number;
  /** The newest slot with a publication, planned ones included; null at first. */
  lastPublished: Date | null;
  cut: {
    publication: number;
    run: number;
    slot: Date;
    attempt: number;
    grant: number;
    kind: RunKind;
    backfill: number | null;
  } | null;
};

/**
 * Gives the execution a grant and its row, once however often it is called. Runs of older grants that never closed (their
 * workflow was terminated) are closed here: before their plan was committed they give their files back.
 */
export function openRun(
  database: Database,
  request: { slot: string; kind: RunKind; workflowId: string; runId: string },
): Promise<OpenedRun> {
  return transaction(database, async (client) => {
    const grant = await takeGrant(client, request.workflowId, request.runId);
    await closeAbandoned(client, grant);
    await client.query(
      `insert into run (slot, attempt, lake_grant, kind)
       select $1, coalesce(max(attempt), 0) + 1, $2, $3 from run where slot = $1
       on conflict (lake_grant) do nothing`,
      [request.slot, grant, request.kind],
    );
    const { rows } = await client.query<{ run: string; attempt: number }>(
      'select run, attempt from run where lake_grant = $1',
      [grant],
    );
    const [own] = rows;
    if (!own) throw new Error(`the run of grant ${grant} was not recorded`);
    const published = await client.query<{ slot: Date | null }>(
      'select max(slot) as slot from published_run where run <> $1',
      [own.run],
    );
    return {
      run: Number(own.run),
      attempt: own.attempt,
      grant,
      lastPublished: published.rows[0]?.slot ?? null,
      cut: await cutPublication(client),
    };
  });
}

/**
 * The grant by which a backfill is published, once however often it is called. The execution is no run: its slots are, and they
 * have been played without a grant.
 */
export function openSwitch(
  database: Database,
  by: { workflowId: string; runId: string },
): Promise<Pick<OpenedRun, 'grant' | 'cut'>> {
  return transaction(database, async (client) => {
    const grant = await takeGrant(client, by.workflowId, by.runId);
    await closeAbandoned(client, grant);
    return { grant, cut: await cutPublication(client) };
  });
}

async function takeGrant(client: Transaction, workflowId: string, runId: string): Promise<number> {
  await client.query('insert into lake_grant (workflow_id, run_id) values ($1, $2) on conflict do nothing', [
    workflowId,
    runId,
  ]);
  const { rows } = await client.query<{ lake_grant: string }>(
    'select lake_grant from lake_grant where workflow_id = $1 and run_id = $2',
    [workflowId, runId],
  );
  return Number(rows[0]?.lake_grant);
}

async function closeAbandoned(client: Transaction, grant: number): Promise<void> {
  const { rows } = await client.query<{ run: string }>(
    `update run set state = 'cancelled', closed_at = now(), message = 'the run ended without closing; the next one found it so'
     where state = 'open' and lake_grant < $1 and not exists (select from publication where publication.run = run.run)
     returning run`,
    [grant],
  );
  for (const { run } of rows) await giveFilesBack(client, Number(run));
  // Its readers see it; that its rows were counted through Athena is not known.
  await client.query(
    `update run set state = case when confirmed_at is null then 'published_unconfirmed' else 'published' end, closed_at = now(),
       message = 'publication ' || publication || ': the run ended without closing; the next one found it so'
     from publication where publication.run = run.run and completed_at is not null and state = 'open' and run.lake_grant < $1`,
    [grant],
  );
}

async function cutPublication(client: Transaction): Promise<OpenedRun['cut']> {
  const { rows } = await client.query<{
    publication: string;
    run: string;
    slot: Date;
    attempt: number;
    lake_grant: string;
    kind: RunKind;
    backfill: number | null;
  }>(
    `select publication, run.run, run.slot, run.attempt, publication.lake_grant, run.kind, run.backfill::float8 as backfill
     from publication join run using (run) where completed_at is null`,
  );
  const [cut] = rows;
  if (!cut) return null;
  return { ...cut, publication: Number(cut.publication), run: Number(cut.run), grant: Number(cut.lake_grant) };
}

export type ClosingState =
  | 'empty'
  | 'superseded'
  | 'published'
  | 'published_with_refusals'
  | 'published_unconfirmed'
  | 'failed'
  | 'cancelled';

/**
 * Closes a run once, and tells how many seconds it lasted; null when it was closed already. Without a publication a failed
 * run's files are held, a cancelled one's given back.
 */
export function closeRun(
  database: Database,
  run: number,
  state: ClosingState,
  message: string,
): Promise<number | null> {
  return transaction(database, async (client) => {
    const closed = await client.query<{ seconds: number }>(
      `update run set state = $2, message = $3, closed_at = now() where run = $1 and state = 'open'
       returning extract(epoch from closed_at - opened_at)::float8 as seconds`,
      [run, state, message],
    );
    const seconds = closed.rows[0]?.seconds ?? null;
    if (seconds === null) return null;
    const planned = await client.query('select from publication where run = $1', [run]);
    if (planned.rowCount !== 0) return seconds;
    if (state === 'cancelled') await giveFilesBack(client, run);
    if (state === 'failed') {
      await client.query(
        `update file set outcome = 'held', reason = coalesce(reason, $2) where run = $1 and outcome in ('claimed', 'accepted')`,
        [run, message],
      );
    }
    return seconds;
  });
}

async function giveFilesBack(client: Transaction, run: number): Promise<void> {
  await client.query(`update file set outcome = 'given_back' where run = $1 and outcome in ('claimed', 'accepted')`, [
    run,
  ]);
}

export type RunRow = {
  slot: Date;
  attempt: number;
  kind: string;
  state: string;
  message: string | null;
  openedAt: Date;
  closedAt: Date | null;
  files: number;
  refused: number;
  rowsRaw: number;
  publication: number | null;
  /** US dollars for its clusters until now; null without a cluster or without prices. */
  usd: number | null;
  /** Of a publication: how many deliveries were held when it was planned. */
  held: number | null;
  /** The run's own deliveries that are held now. */
  holds: HeldDelivery[];
  /** Of a publication: the deliveries that were held when it was planned, whose rows it lacks. */
  lacks: HeldDelivery[];
};

/** The newest runs, newest first. */
export async function listRuns(database: Database, limit: number): Promise<RunRow[]> {
  const { rows } = await database.query<Omit<RunRow, 'holds' | 'lacks'> & { run: number }>(
    `select run.run::float8 as run, run.slot, run.attempt, run.kind, run.state, run.message, run.opened_at as "openedAt", run.closed_at as "closedAt",
            (select count(*)::int from file where file.run = run.run) as files,
            (select count(*)::int from file where file.run = run.run and outcome = 'refused') as refused,
            (select coalesce(sum(rows_raw), 0)::float8 from table_load where table_load.run = run.run and layer = 'raw') as "rowsRaw",
            publication.publication::float8 as publication,
            (select usd::float8 from run_cost where run_cost.run = run.run) as usd,
            case when publication.publication is not null then (select count(distinct held.slot)::int
              from publication_held held where held.publication = publication.publication) end as held
     from run left join published_run using (run) left join publication on publication.publication = published_run.publication
     order by run.run desc limit $1`,
    [limit],
  );
  const held = await heldOfRuns(
    database,
    rows.map(({ run }) => run),
  );
  return rows.map(({ run, ...row }) => {
    const of = (wanted: 'holds' | 'lacks') =>
      held
        .filter((one) => one.run === run && one.side === wanted)
        .map(({ slot, table, files, reason }) => ({ slot, table, files, reason }));
    return { ...row, holds: of('holds'), lacks: of('lacks') };
  });
}
