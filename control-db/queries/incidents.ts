import type { Database } from './database.ts';

/** What the control database knows that a person may have to be told of. */
export type ControlState = {
  /** Failed, and no later run has ended well. */
  failed: { run: number; slot: Date; attempt: number; message: string }[];
  /** Backfills that failed and that no later one followed which was published. */
  failedBackfills: { backfill: number; reason: string; message: string }[];
  /** Published, and Athena has not confirmed it, nor has a later publication taken its place. */
  unconfirmed: { run: number; slot: Date; message: string }[];
  /** Deliveries that are held for something of their own. */
  held: { slot: Date; files: number; tables: string[]; reason: string }[];
  /** Files that a run refused lately and that nobody has delivered well since. */
  refused: { run: number; slot: Date; files: number; first: { file: number; key: string; reason: string } }[];
  /** Runs that have not been closed; a slot of a backfill is none, however old. */
  open: { run: number; slot: Date; attempt: number; openedAt: Date }[];
  /** What runs of late cost until now, where prices are known. */
  costs: { run: number; slot: Date; attempt: number; usd: number }[];
  /** The newest scheduled slots whose runs are over, newest first. */
  scheduled: Date[];
  /** The newest slot in which any file came. */
  lastFileSlot: Date | null;
};

/** What happened longer ago is no news. */
const LATELY = `interval '7 days'`;
const ENDED_WELL = `('published', 'published_with_refusals', 'published_unconfirmed', 'empty')`;

export async function controlState(database: Pick<Database, 'query'>, slots: number): Promise<ControlState> {
  const all = async <Row>(query: string, values: unknown[] = []) => (await database.query(query, values)).rows as Row[];
  const failed = await all<ControlState['failed'][number]>(
    `select run::float8 as run, slot, attempt, coalesce(message, '') as message from run
     where state = 'failed' and backfill is null and not exists (select from run later where later.run > run.run and later.state in ${ENDED_WELL})
     order by run.run`,
  );
  const failedBackfills = await all<ControlState['failedBackfills'][number]>(
    `select backfill::float8 as backfill, coalesce(request ->> 'reason', '') as reason, coalesce(message, '') as message
     from backfill where state = 'failed' and closed_at > now() - ${LATELY}
       and not exists (select from backfill later where later.backfill > backfill.backfill and later.state = 'published')
     order by backfill`,
  );
  const unconfirmed = await all<ControlState['unconfirmed'][number]>(
    `select run::float8 as run, run.slot, coalesce(message, '') as message from run join publication using (run)
     where state = 'published_unconfirmed' and confirmed_at is null
       and publication = (select max(publication) from publication where completed_at is not null)`,
  );
  const held = await all<ControlState['held'][number]>(
    `select slot, count(*)::int as files, max(coalesce(reason, '')) as reason,
            coalesce(array_agg(distinct source_table order by source_table) filter (where source_table is not null), '{}') as tables
     from file join run using (run) where outcome = 'held' and not waits group by slot order by slot`,
  );
  const refused = await all<ControlState['refused'][number]>(
    `select run::float8 as run, slot, count(*)::int as files,
            (array_agg(json_build_object('file', file, 'key', landing_key, 'reason', reason) order by file))[1] as first
     from file join run using (run)
     where outcome = 'refused' and seen_at > now() - ${LATELY}
       and not exists (select from file_rejection where file_rejection.file = file.file)
       and not exists (select from file later where later.landing_key = file.landing_key and later.file > file.file
                       and later.outcome = 'accepted')
     group by run, slot order by run`,
  );
  const open = await all<ControlState['open'][number]>(
    `select run::float8 as run, slot, attempt, opened_at as "openedAt" from run where state = 'open' and backfill is null order by run.run`,
  );
  const costs = await all<ControlState['costs'][number]>(
    `select run::float8 as run, slot, attempt, usd::float8 as usd from run_cost join run using (run)
     where opened_at > now() - ${LATELY} and usd is not null order by run.run`,
  );
  const scheduled = await all<{ slot: Date }>(
    `select slot from run where kind = 'scheduled' and state not in ('open', 'superseded')
     group by slot order by slot desc limit $1`,
    [slots],
  );
  const [last] = await all<{ slot: Date | null }>('select max(slot) as slot from file join run using (run)');
  return {
    ...{ failed, failedBackfills, unconfirmed, held, refused, open, costs },
    scheduled: scheduled.map(({ slot }) => slot),
    lastFileSlot: last?.slot ?? null,
  };
}
