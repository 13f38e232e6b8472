import type pg from 'pg';

export type Database = pg.Pool;
export type Transaction = pg.PoolClient;

/** A newer grant exists: whoever asks may not write the lake any more. */
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
  const newest = Number(rows[0]?.newest);
  if (newest !== grant) throw new LostGrant(`grant ${grant} is over: grant ${newest} may write the lake now`);
}
