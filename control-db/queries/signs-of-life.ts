import type { Database } from './database.ts';
import { lastPublishedSlot } from './publications.ts';

export type SignsOfLife = {
  lastPublished: Date | null;
  /** Of each kind that there ever was, how many alerts go on now. */
  openAlerts: { kind: string; open: number }[];
};

export async function signsOfLife(database: Database): Promise<SignsOfLife> {
  const { rows } = await database.query<{ kind: string; open: number }>(
    'select kind, count(*) filter (where over_at is null)::int as open from alert group by kind order by kind',
  );
  return { lastPublished: await lastPublishedSlot(database), openAlerts: rows };
}
