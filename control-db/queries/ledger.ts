import type { Database } from './database.ts';

/** What people ask the ledger for: of all files, or of one everything that it knows. */
export type LedgerFilter = { slot?: Date; table?: string; outcome?: Outcome };

export const OUTCOMES = ['claimed', 'accepted', 'refused', 'document', 'held', 'given_back'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type LedgerRow = {
  file: number;
  slot: Date;
  key: string;
  table: string | null;
  outcome: Outcome;
  /** It is held for nothing of its own, but behind a held delivery of its table. */
  waits: boolean;
  reason: string | null;
  bytes: number;
  arrivedAt: Date;
};

export type LedgerEntry = LedgerRow & {
  seenAt: Date;
  removedAt: Date | null;
  etag: string;
  attempt: number;
  kind: string;
  state: string;
  publication: number | null;
  transientUri: string | null;
  compression: string | null;
  columns: string[] | null;
  records: number | null;
  rowsRaw: number | null;
  unreadable: number | null;
  conserved: boolean;
  notes: string[];
  /** How many of its rows in quarantine a person settled by a note. */
  quarantineNotes: number;
  rejection: { by: string; at: Date; heldBecause: string } | null;
};

const ROW = `file.file::float8 as file, run.slot, landing_key as key, source_table as "table", outcome, waits, reason,
  bytes::float8 as bytes, arrived_at as "arrivedAt"`;

/** Files of the ledger, the newest first. */
export async function listFiles(database: Database, filter: LedgerFilter, limit: number): Promise<LedgerRow[]> {
  const { rows } = await database.query<LedgerRow>(
    `select ${ROW} from file join run using (run)
     where ($1::timestamptz is null or run.slot = $1) and ($2::text is null or lower(source_table) = lower($2))
       and ($3::text is null or outcome = $3)
     order by file.file desc limit $4`,
    [filter.slot ?? null, filter.table ?? null, filter.outcome ?? null, limit],
  );
  return rows;
}

/** All that the ledger knows of a file, null when it does not know it. */
export async function ledgerEntry(database: Database, file: number): Promise<LedgerEntry | null> {
  const { rows } = await database.query<
    Omit<LedgerEntry, 'rejection'> & { rejectedBy: string | null; rejectedAt: Date | null; heldBecause: string | null }
  >(
    `select ${ROW}, seen_at as "seenAt", removed_at as "removedAt", etag, attempt, kind, state,
            publication::float8 as publication, transient_uri as "transientUri", compression, columns,
            records::float8, rows_raw::float8 as "rowsRaw", unreadable::float8, conserved, notes,
            (select count(*)::int from quarantine_note noted where noted.file = file.file) as "quarantineNotes",
            rejected_by as "rejectedBy", rejected_at as "rejectedAt", held_because as "heldBecause"
     from file join run using (run) left join publication using (run) left join file_rejection using (file)
     where file.file = $1`,
    [file],
  );
  const [row] = rows;
  if (!row) return null;
  const { rejectedBy: by, rejectedAt: at, heldBecause, ...entry } = row;
  return { ...entry, rejection: by !== null && at !== null ? { by, at, heldBecause: heldBecause ?? '' } : null };
}
