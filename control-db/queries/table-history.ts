import type { Database } from './database.ts';

/** As many of a table's deliveries are looked at: what is older says little about the next one. */
const DELIVERIES = 10;

export type TableHistory = {
  /** Rows of each of the last published deliveries, the newest first. */
  delivered: number[];
  /** How many of them wrote rows of which the nulls were counted. */
  profiled: number;
  /** Of those rows, all together, by column: how many there were, and how many of them had no value. */
  columns: Record<string, { rows: number; nulls: number }>;
  /** The newest published slot to which a file of the table belongs. */
  lastSlot: Date;
};

/** Of every trusted table that a slot before this one published a delivery of, what those were like. */
export async function tableHistories(database: Database, before: Date): Promise<Map<string, TableHistory>> {
  const { rows } = await database.query<TableHistory & { table: string }>(
    `with delivery as (
       select run, table_name, slot, rows_raw,
              row_number() over (partition by table_name order by slot desc) as place
       from published_load where layer = 'trusted' and slot < $1
     ), latest as (
       select * from delivery where place <= $2
     ), profile as (
       select table_name, column_name, sum(rows) as rows, sum(nulls) as nulls
       from latest join table_profile using (run, table_name) where layer = 'trusted' group by table_name, column_name
     )
     select table_name as "table", array_agg(rows_raw::float8 order by slot desc) as delivered, max(slot) as "lastSlot",
            count(*) filter (where exists (
              select 1 from table_profile p where p.run = latest.run and p.table_name = latest.table_name and p.rows > 0
            ))::int as profiled,
            (select coalesce(json_object_agg(column_name, json_build_object('rows', rows, 'nulls', nulls) order by column_name), '{}')
             from profile where profile.table_name = latest.table_name) as columns
     from latest group by table_name order by table_name`,
    [before, DELIVERIES],
  );
  return new Map(rows.map(({ table, ...history }) => [table, history]));
}
