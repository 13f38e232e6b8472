import type pg from 'pg';

export type Database = pg.Pool;
export type Transaction = pg.PoolClient;

/** A newer grant exists, or the run was closed for it: whoever asks may not write the lake any more. */
export class LostGrant extends Error {
  override readonly name = 'LostGrant';
}

/** Runs `work` in one transaction; a connection whose rollback fails is thrown away. */
export async function transaction<T>(database: Database, work: (client: Transaction) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let broken: Error | undefined;
  // A connection that ends between two queries, as while a message is sent, tells so by an event: unheard, it would end the
  // process. The next query fails.
  const lost = (error: Error) => {
    broken = error;
  };
  client.on('error', lost);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollback: Error) => {
      broken = rollback;
    });
    throw error;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}

/** The fence outside Temporal: @throws LostGrant unless this grant is the newest, and keeps newer ones out until the commit. */
export async function mustHoldGrant(client: Transaction, grant: number): Promise<void> {
  await client.query('lock table lake_grant in share mode');
  const { rows } = await client.query<{ newest: string }>('select max(lake_grant) as newest from lake_grant');
  refuseOlder(grant, Number(rows[0]?.newest));
}

/**
 * The same question without keeping newer grants out, for deeds outside the database: a newer one may be given right after, so
 * that they ask again when they are done.
 */
export async function mustHoldGrantNow(database: Pick<Database, 'query'>, grant: number): Promise<void> {
  const { rows } = await database.query<{ newest: string }>('select max(lake_grant) as newest from lake_grant');
  refuseOlder(grant, Number(rows[0]?.newest));
}

function refuseOlder(grant: number, newest: number): void {
  if (newest !== grant) throw new LostGrant(`grant ${grant} is over: grant ${newest} may write the lake now`);
}

/**
 * The fence around what belongs to a run: @throws LostGrant when it is closed, as a run that was taken for dead is by the next
 * one, and keeps it open until the commit.
 */
export async function mustBeOpen(client: Transaction, run: number): Promise<void> {
  const { rows } = await client.query<{ state: string }>('select state from run where run = $1 for share', [run]);
  const state = rows[0]?.state ?? 'unknown';
  if (state !== 'open') throw new LostGrant(`run ${run} is ${state}: it may write nothing more`);
}
