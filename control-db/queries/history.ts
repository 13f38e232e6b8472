import { type Database, transaction } from './database.ts';

/** A completed publication, and at which snapshot it left each table that it moved. */
export type PublishedSlot = {
  publication: number;
  run: number;
  slot: Date;
  attempt: number;
  grant: number;
  snapshots: Record<string, string>;
};

/** All that was published, oldest first, and the raw files that it was made from, by source table in the order of slots. */
export type History = { slots: PublishedSlot[]; rawFiles: Map<string, string[]> };

/** Both lists are of one moment: a publication that is completed between two queries is in both or in none. */
export function publishedHistory(database: Database): Promise<History> {
  return transaction(database, async (client) => {
    await client.query('set transaction isolation level repeatable read, read only');
    const slots = await client.query<PublishedSlot>(
      `select publication::int, run::int, run.slot, attempt, run.lake_grant::int as grant,
              (select coalesce(json_object_agg(table_name, snapshot_to::text), '{}') from publication_table t
               where t.publication = publication.publication) as snapshots
       from publication join run using (run) where completed_at is not null order by run.slot`,
    );
    const files = await client.query<{ table: string; uris: string[] }>(
      `select table_name as "table", array_agg(uri order by slot, uri) as uris
       from raw_file join publication using (run) where completed_at is not null group by table_name`,
    );
    return { slots: slots.rows, rawFiles: new Map(files.rows.map(({ table, uris }) => [table, uris])) };
  });
}
