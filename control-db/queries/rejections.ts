import { type Database, transaction } from './database.ts';
import { waitNoMore } from './held.ts';

/** Which held files: by number, or those of a slot, of all its tables or of one. */
export type HeldChoice = { files: number[] } | { slot: Date; table: string | null };

export type ChosenFile = {
  file: number;
  landingKey: string;
  slot: Date;
  table: string | null;
  outcome: string;
  /** Who refused it for good, and when; null unless a person did. */
  rejectedBy: string | null;
  rejectedAt: Date | null;
};

/** The files that a person means, by number. Of a slot those that are held, and those that were and are rejected. */
export async function chosenFiles(database: Pick<Database, 'query'>, choice: HeldChoice): Promise<ChosenFile[]> {
  const [condition, values] =
    'files' in choice
      ? ['file.file = any($1)', [choice.files]]
      : [
          `slot = $1 and (outcome = 'held' or rejected_by is not null) and ($2::text is null or lower(source_table) = lower($2))`,
          [choice.slot, choice.table],
        ];
  const { rows } = await database.query<ChosenFile>(
    `select file.file::float8 as file, landing_key as "landingKey", slot, source_table as "table", outcome,
            rejected_by as "rejectedBy", rejected_at as "rejectedAt"
     from file join run using (run) left join file_rejection using (file) where ${condition} order by file.file`,
    values,
  );
  return rows;
}

/**
 * Refuses these held files for good, all or none, and lets go on what waited behind them alone.
 * @returns the files that wait no more; the next run takes them.
 * @throws Error when one of them is not held any more.
 */
export function rejectFiles(
  database: Database,
  files: readonly number[],
  { reason, by }: { reason: string; by: string },
): Promise<ChosenFile[]> {
  return transaction(database, async (client) => {
    const held = await client.query<{ file: number }>(
      `select file::float8 as file from file where file = any($1) and outcome = 'held' order by file for update`,
      [files],
    );
    const others = files.filter((file) => !held.rows.some((one) => one.file === file));
    if (others.length > 0) throw new Error(`no longer held, so that nothing was rejected: file ${others.join(', ')}`);
    await client.query(
      `insert into file_rejection (file, held_because, rejected_by)
       select file, coalesce(reason, ''), $2 from file where file = any($1)`,
      [files, by],
    );
    await client.query(`update file set outcome = 'refused', reason = $2, waits = false where file = any($1)`, [
      files,
      reason,
    ]);
    return chosenFiles(client, { files: await waitNoMore(client) });
  });
}
