import { type Database, mustBeOpen, transaction } from './database.ts';
import { waitNoMore } from './held.ts';

export type FileRow = {
  file: number;
  landingKey: string;
  identity: string;
  arrivedAt: Date;
  bytes: number;
  etag: string;
  outcome: 'claimed' | 'accepted' | 'refused' | 'document' | 'held' | 'given_back';
  reason: string | null;
  sourceTable: string | null;
  transientUri: string | null;
  columns: string[] | null;
  compression: 'none' | 'gzip' | null;
  removedAt: Date | null;
};

const COLUMNS = `file::float8 as file, landing_key as "landingKey", identity, arrived_at as "arrivedAt", bytes::float8 as bytes, etag, outcome,
  reason, source_table as "sourceTable", transient_uri as "transientUri", columns, compression, removed_at as "removedAt"`;

export type SeenFile = { landingKey: string; identity: string; arrivedAt: Date; bytes: number; etag: string };

/**
 * Writes a file of landing into the ledger for this run; a file that is there already, whoever's it is, stays as it is.
 * @throws LostGrant when the run is closed: nobody would ever load what it claimed.
 */
export function claimFile(database: Database, run: number, seen: SeenFile): Promise<void> {
  return transaction(database, async (client) => {
    await mustBeOpen(client, run);
    await client.query(
      `insert into file (landing_key, identity, arrived_at, bytes, etag, run) values ($1, $2, $3, $4, $5, $6)
       on conflict (landing_key, identity) do nothing`,
      [seen.landingKey, seen.identity, seen.arrivedAt, seen.bytes, seen.etag, run],
    );
  });
}

/**
 * Takes over what cancelled and terminated runs gave back, and what waits behind a held delivery no more; a file that was
 * accepted before needs no second look. @throws LostGrant when the run is closed.
 */
export async function reclaimGivenBack(database: Database, run: number): Promise<void> {
  await waitNoMore(database);
  await transaction(database, async (client) => {
    await mustBeOpen(client, run);
    await client.query(
      `update file set run = $1, outcome = case when transient_uri is null then 'claimed' else 'accepted' end where outcome = 'given_back'`,
      [run],
    );
  });
}

export async function filesOfRun(database: Database, run: number): Promise<FileRow[]> {
  const { rows } = await database.query(
    `select ${COLUMNS} from file where run = $1 order by arrived_at, landing_key, file`,
    [run],
  );
  return rows;
}

/**
 * The first file accepted before this one, under another name, with the same bytes; none or one. S3's ETag stands for the
 * content; of a file uploaded in parts it also depends on their sizes, so that such a pair can go unnoticed.
 */
export async function sameContent(database: Database, file: FileRow): Promise<{ landingKey: string; slot: Date }[]> {
  const { rows } = await database.query(
    `select landing_key as "landingKey", slot from file join run using (run)
     where etag = $1 and bytes = $2 and landing_key <> $3 and outcome = 'accepted' and file <> $4 order by file limit 1`,
    [file.etag, file.bytes, file.landingKey, file.file],
  );
  return rows;
}

/** What is known of a file that was found good by its header. */
export type GoodFile = {
  sourceTable: string;
  transientUri: string;
  columns: string[];
  compression: 'none' | 'gzip';
  notes: string[];
};

export async function acceptFile(database: Database, file: number, found: GoodFile): Promise<void> {
  await database.query(
    `update file set outcome = 'accepted', source_table = $2, transient_uri = $3, columns = $4, compression = $5, notes = $6
     where file = $1 and outcome = 'claimed'`,
    [file, found.sourceTable, found.transientUri, found.columns, found.compression, found.notes],
  );
}

export async function setAside(
  database: Database,
  file: number,
  outcome: 'refused' | 'document',
  details: { reason: string; sourceTable: string | null; transientUri: string | null },
): Promise<void> {
  await database.query(
    `update file set outcome = $2, reason = $3, source_table = $4, transient_uri = $5 where file = $1 and outcome = 'claimed'`,
    [file, outcome, details.reason, details.sourceTable, details.transientUri],
  );
}

/** Holds a good file behind a held delivery of its table, with all that its own run will need to go on with it. */
export async function holdBehind(
  database: Database,
  file: number,
  found: GoodFile & { reason: string },
): Promise<void> {
  await database.query(
    `update file set outcome = 'held', waits = true, reason = $2, source_table = $3, transient_uri = $4, columns = $5,
       compression = $6, notes = $7
     where file = $1 and outcome = 'claimed'`,
    [file, found.reason, found.sourceTable, found.transientUri, found.columns, found.compression, found.notes],
  );
}

/** Notes that the file is gone from landing, where it was claimed. */
export async function fileRemoved(database: Database, file: number): Promise<void> {
  await database.query('update file set removed_at = coalesce(removed_at, now()) where file = $1', [file]);
}
