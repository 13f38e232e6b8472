import { type Database, transaction } from './database.ts';
import { bases } from './publications.ts';

/** A published slot: at which snapshot it left each table that it moved, and which attempt of it computed each indicator. */
export type PublishedSlot = {
  publication: number;
  run: number;
  slot: Date;
  attempt: number;
  grant: number;
  snapshots: Record<string, string>;
  attempts: Record<string, number>;
};

/**
 * All that is published, oldest slot first, and the raw files that it was made from, by source table in the order of slots. Of
 * what was played again, the last time counts.
 */
export type History = {
  slots: PublishedSlot[];
  /** The snapshot that readers see of each table. */
  current: Map<string, string>;
  rawFiles: Map<string, string[]>;
};

/** All is of one moment: a publication that is completed between two queries is in both or in none. */
export function publishedHistory(database: Database): Promise<History> {
  return transaction(database, async (client) => {
    await client.query('set transaction isolation level repeatable read, read only');
    const slots = await client.query<PublishedSlot>(
      `select distinct on (published_run.slot) publication::int, run.run::int, published_run.slot, attempt,
              publication.lake_grant::int as grant,
              (select coalesce(json_object_agg(layer || '.' || table_name || case layer when 'refined' then '_dados' else '' end,
                                               snapshot_to::text), '{}')
               from published_load l where l.slot = published_run.slot and layer in ('trusted', 'refined')) as snapshots,
              (select coalesce(json_object_agg(table_name, other.attempt), '{}')
               from published_load l join run other on other.run = l.run
               where l.slot = published_run.slot and layer = 'refined') as attempts
       from published_run join publication using (publication) join run on run.run = published_run.run
       where completed_at is not null order by published_run.slot, publication desc`,
    );
    const files = await client.query<{ table: string; uris: string[] }>(
      `select table_name as "table", array_agg(uri order by slot, uri) as uris from published_raw_file group by table_name`,
    );
    const current = await bases(client);
    return { slots: slots.rows, current, rawFiles: new Map(files.rows.map(({ table, uris }) => [table, uris])) };
  });
}

/** By table the snapshot after all of these slots, in their order. */
export const after = (slots: readonly PublishedSlot[]): Record<string, string> =>
  Object.assign({}, ...slots.map(({ snapshots }) => snapshots));
