import { type Database, type Transaction, transaction } from './database.ts';

/** A Temporal execution, by which its owner is asked whether it still runs. */
export type Owner = { workflowId: string; runId: string };

export type UnclosedRun = Owner & {
  run: number;
  slot: Date;
  attempt: number;
  grant: number;
  kind: 'scheduled' | 'manual';
  /** Whether a publication of it is planned: then the next holder of the lake completes it, and the run stays as it is. */
  planned: boolean;
};

/** Runs that have a grant and are not closed: one that runs, and those whose workflow was terminated. */
export async function unclosedRuns(database: Database): Promise<UnclosedRun[]> {
  const { rows } = await database.query<UnclosedRun>(
    `select run.run::float8 as run, slot, attempt, lake_grant::float8 as grant, kind,
            workflow_id as "workflowId", run_id as "runId",
            exists (select from publication where publication.run = run.run) as planned
     from run join lake_grant using (lake_grant) where state = 'open' order by run.run`,
  );
  return rows;
}

/** Whose run a try at a slot is; null when there is none. */
export async function ownerOfAttempt(database: Database, slot: string, attempt: number): Promise<Owner | null> {
  const { rows } = await database.query<Owner>(
    `select workflow_id as "workflowId", run_id as "runId" from run join lake_grant using (lake_grant)
     where slot = $1 and attempt = $2`,
    [slot, attempt],
  );
  return rows[0] ?? null;
}

/** Whose a maintenance is; null when there is none of this number. */
export async function ownerOfMaintenance(database: Database, maintenance: number): Promise<Owner | null> {
  const { rows } = await database.query<Owner>(
    'select workflow_id as "workflowId", run_id as "runId" from maintenance where maintenance = $1',
    [maintenance],
  );
  return rows[0] ?? null;
}

export type OpenedMaintenance = {
  maintenance: number;
  grant: number;
  /** The newest run, to which the clusters are written down; null before the first. */
  newestRun: number | null;
  /** A publication that was cut short, which the next run completes; null when there is none. */
  cut: number | null;
};

/** Gives the execution a grant and its row, once however often it is called. */
export function openMaintenance(database: Database, owner: Owner, tasks: string[]): Promise<OpenedMaintenance> {
  return transaction(database, async (client) => {
    const grant = await grantOf(client, owner);
    await client.query(
      `insert into maintenance (workflow_id, run_id, tasks, lake_grant) values ($1, $2, $3, $4)
       on conflict (workflow_id, run_id) do nothing`,
      [owner.workflowId, owner.runId, tasks, grant],
    );
    const { rows } = await client.query<Omit<OpenedMaintenance, 'grant'>>(
      `select maintenance::float8 as maintenance, (select max(run)::float8 from run) as "newestRun",
              (select publication::float8 from publication where completed_at is null) as cut
       from maintenance where workflow_id = $1 and run_id = $2`,
      [owner.workflowId, owner.runId],
    );
    const [own] = rows;
    if (!own) throw new Error(`the maintenance of ${owner.workflowId} was not recorded`);
    return { ...own, grant };
  });
}

async function grantOf(client: Transaction, { workflowId, runId }: Owner): Promise<number> {
  await client.query('insert into lake_grant (workflow_id, run_id) values ($1, $2) on conflict do nothing', [
    workflowId,
    runId,
  ]);
  const { rows } = await client.query<{ grant: number }>(
    'select lake_grant::float8 as grant from lake_grant where workflow_id = $1 and run_id = $2',
    [workflowId, runId],
  );
  return rows[0]?.grant ?? 0;
}

export async function closeMaintenance(database: Database, maintenance: number, message: string): Promise<void> {
  await database.query(
    'update maintenance set closed_at = coalesce(closed_at, now()), message = $2 where maintenance = $1',
    [maintenance, message],
  );
}

export type Compaction = {
  table: string;
  from: string;
  to: string;
  rows: number;
  filesBefore: number;
  filesAfter: number;
};

export async function recordCompactions(
  database: Database,
  maintenance: number,
  compactions: readonly Compaction[],
): Promise<void> {
  for (const { table, from, to, rows, filesBefore, filesAfter } of compactions)
    await database.query(
      `insert into compaction (maintenance, table_name, snapshot_from, snapshot_to, rows, files_before, files_after)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [maintenance, table, from, to, rows, filesBefore, filesAfter],
    );
}

/** Notes, before anything of them is taken away, that nothing may be read as of these slots any more. */
export async function expireSlots(database: Database, slots: readonly Date[]): Promise<void> {
  await database.query('insert into expired_slot (slot) select unnest($1::timestamptz[]) on conflict do nothing', [
    slots,
  ]);
}

export async function expiredSlots(database: Database): Promise<Date[]> {
  const { rows } = await database.query<{ slot: Date }>('select slot from expired_slot order by slot');
  return rows.map(({ slot }) => slot);
}

/** Whether a backfill's publication is planned and not completed: then the next holder of the lake moves tables to its branch. */
export async function isSwitching(database: Database, backfill: number): Promise<boolean> {
  const { rows } = await database.query('select from publication where backfill = $1 and completed_at is null', [
    backfill,
  ]);
  return rows.length > 0;
}

/** Who wrote last on the branch of a slot; `planned` while a publication of the slot is to be completed. Null: nobody. */
export async function ownerOfSlotsBranch(
  database: Database,
  slot: string,
): Promise<(Owner & { planned: boolean }) | null> {
  const { rows } = await database.query<Owner & { planned: boolean }>(
    `select workflow_id as "workflowId", run_id as "runId",
            exists (select from publication where publication.slot = run.slot and completed_at is null) as planned
     from run join lake_grant using (lake_grant) where run.slot = $1 order by attempt desc limit 1`,
    [slot],
  );
  return rows[0] ?? null;
}
