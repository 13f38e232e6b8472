import type { Database } from './database.ts';

/** What a person noted of a row in quarantine, told by its file and the line on which it begins. */
export type QuarantineNote = { file: number; line: number; note: string; by: string; at: Date };

/** Notes it; a second note of the same row takes the place of the first. */
export async function noteQuarantined(database: Database, { file, line, note, by }: Omit<QuarantineNote, 'at'>) {
  await database.query(
    `insert into quarantine_note (file, line, note, noted_by) values ($1, $2, $3, $4)
     on conflict (file, line) do update set note = excluded.note, noted_by = excluded.noted_by, noted_at = now()`,
    [file, line, note, by],
  );
}

/** The notes of rows of these files. */
export async function quarantineNotes(database: Database, files: number[]): Promise<QuarantineNote[]> {
  const { rows } = await database.query<QuarantineNote>(
    `select file::float8, line::float8, note, noted_by as by, noted_at as at from quarantine_note
     where file = any($1) order by file, line`,
    [files],
  );
  return rows;
}

/** Those of the slots that are published. */
export async function publishedOf(database: Database, slots: Date[]): Promise<Date[]> {
  const { rows } = await database.query<{ slot: Date }>(
    `select distinct published_run.slot from published_run join publication using (publication)
     where completed_at is not null and published_run.slot = any($1) order by 1`,
    [slots],
  );
  return rows.map(({ slot }) => slot);
}
