/** Generated from metrics.schema.json by "npm run contract:generate"; change the schema, not this file. */

/**
 * What a Spark step did. It is written once, when every table is done.
 */
export type Metrics =
  RawMetrics | TrustedMetrics | RefinedMetrics | PublishMetrics | RebuildMetrics | BackfillMetrics | MaintenanceMetrics;

/**
 * Figures of the layer raw.
 */
export interface RawMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The try at the slot.
   */
  attempt: number;
  layer: 'raw';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a table, in the manifest's order.
   */
  tables: RawTable[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
/**
 * One source table in raw.
 */
export interface RawTable {
  /**
   * Source table.
   */
  table: string;
  /**
   * Seconds spent on the table.
   */
  seconds: number;
  /**
   * One entry a file of the manifest.
   */
  files: RawFile[];
  /**
   * Rows in raw.
   */
  rows: number;
  /**
   * The Parquet files that are this table's raw for the slot; none if every file was refused.
   */
  outputs: Output[];
  /**
   * Bytes of the outputs.
   */
  bytes: number;
}
/**
 * One CSV file.
 */
export interface RawFile {
  /**
   * Number of the file in the ledger.
   */
  id: number;
  /**
   * Records, counted by a pass of its own over the file.
   */
  records: number;
  /**
   * Rows in raw.
   */
  rows: number;
  /**
   * Records with too many or too few fields, kept in quarantine.
   */
  unreadable: number;
  /**
   * Size of the CSV file.
   */
  bytes: number;
  /**
   * Why no row of the file was loaded; null if it was loaded.
   */
  refused: null | Refusal;
}
/**
 * A fault that only reading the whole file shows.
 */
export interface Refusal {
  /**
   * Kind of fault.
   */
  reason: 'empty' | 'gzip_damaged' | 'not_utf8' | 'nul_byte' | 'line_too_long' | 'line_ends' | 'unbalanced_quote';
  /**
   * The fault in a sentence.
   */
  message: string;
}
/**
 * One Parquet file.
 */
export interface Output {
  /**
   * Where it lies.
   */
  uri: string;
  /**
   * Its size.
   */
  bytes: number;
}
/**
 * One check.
 */
export interface Audit {
  /**
   * The table that was checked.
   */
  table: string;
  /**
   * Name of the check.
   */
  audit: string;
  /**
   * A failed check of severity error stops the publication.
   */
  severity: 'warn' | 'error';
  /**
   * What was measured.
   */
  value: number | null;
  /**
   * What it was held against.
   */
  limit: number | null;
  /**
   * Whether the check passed.
   */
  passed: boolean;
  /**
   * Some of what is wrong, in words.
   */
  examples: string[];
}
/**
 * Figures of the layer trusted.
 */
export interface TrustedMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The try at the slot.
   */
  attempt: number;
  layer: 'trusted';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a table, in the manifest's order.
   */
  tables: TrustedTable[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
/**
 * One trusted table; rowsRaw = inserted + updated + unchanged + superseded + quarantined + erased.
 */
export interface TrustedTable {
  /**
   * Trusted table.
   */
  table: string;
  /**
   * Seconds spent on the table.
   */
  seconds: number;
  /**
   * Rows of the raw files.
   */
  rowsRaw: number;
  /**
   * Rows with a new key, from Iceberg's figures.
   */
  inserted: number;
  /**
   * Rows that changed a known key's values, from Iceberg's figures.
   */
  updated: number;
  /**
   * Rows equal to what the table holds.
   */
  unchanged: number;
  /**
   * Rows that a later row of the same key and slot replaced.
   */
  superseded: number;
  /**
   * Superseded rows whose values differ from the winner's; a part of superseded.
   */
  conflicting: number;
  /**
   * Rows kept apart, from Iceberg's figures.
   */
  quarantined: number;
  /**
   * Rows left out by the erasure list.
   */
  erased: number;
  /**
   * Snapshot on which the slot built.
   */
  snapshotFrom: string;
  /**
   * Snapshot of the branch afterwards; snapshotFrom if nothing changed.
   */
  snapshotTo: string;
  /**
   * Rows of the table at snapshotTo.
   */
  totalRows: number;
  /**
   * Bytes written to the table.
   */
  bytes: number;
  /**
   * Quarantined rows by '<COLUMN>: <rule>'; a row may count for several.
   */
  badRows: {
    [k: string]: number;
  };
  profile?: TableProfile;
}
/**
 * The rows that the slot wrote to a trusted table.
 */
export interface TableProfile {
  /**
   * How many there are.
   */
  rows: number;
  /**
   * How many of them have no value, by column that may be empty.
   */
  nulls: {
    [k: string]: number;
  };
}
/**
 * Figures of the layer refined.
 */
export interface RefinedMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The try at the slot.
   */
  attempt: number;
  layer: 'refined';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a table, in the manifest's order.
   */
  tables: RefinedTable[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
/**
 * One refined table.
 */
export interface RefinedTable {
  /**
   * Name in the catalogue.
   */
  table: string;
  /**
   * Seconds spent on the table.
   */
  seconds: number;
  /**
   * Rows of the slot.
   */
  rows: number;
  /**
   * Snapshot on which the slot built.
   */
  snapshotFrom: string;
  /**
   * Snapshot of the branch afterwards.
   */
  snapshotTo: string;
  /**
   * Bytes written.
   */
  bytes: number;
}
/**
 * Figures of the layer publish.
 */
export interface PublishMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The try at the slot.
   */
  attempt: number;
  layer: 'publish';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a table, in the manifest's order.
   */
  tables: PublishTable[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
/**
 * One table of the plan.
 */
export interface PublishTable {
  /**
   * Table with its database.
   */
  table: string;
  /**
   * Seconds spent on the table.
   */
  seconds: number;
  /**
   * As planned.
   */
  from: string | null;
  /**
   * As planned; main is there.
   */
  to: string;
  /**
   * False if main was there already.
   */
  moved: boolean;
}
/**
 * How what is published differs from what was computed anew.
 */
export interface RebuildMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The try at the slot.
   */
  attempt: number;
  layer: 'rebuild';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a table, in the manifest's order.
   */
  tables: RebuiltTable[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
/**
 * One comparison; equal if the four kinds of differences are 0.
 */
export interface RebuiltTable {
  /**
   * As in the manifest.
   */
  table: string;
  /**
   * Seconds spent on the comparison.
   */
  seconds: number;
  /**
   * Rows that are published.
   */
  rows: number;
  /**
   * Rows as computed anew.
   */
  rebuilt: number;
  /**
   * Keys that are not published.
   */
  missing: number;
  /**
   * Published rows that should not be there, a key twice included.
   */
  extra: number;
  /**
   * Published rows with other values.
   */
  different: number;
  /**
   * Published rows with the right values, but another slot or file as their origin.
   */
  provenance: number;
  /**
   * The first few keys that differ, each with how.
   */
  examples: string[];
}
/**
 * How long each slot of a backfill took; the figures of its layers lie where its own manifests say.
 */
export interface BackfillMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The try at the slot.
   */
  attempt: number;
  layer: 'backfill';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a slot, in the manifest's order.
   */
  tables: ReplayedSlot[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
export interface ReplayedSlot {
  /**
   * The slot.
   */
  table: string;
  seconds: number;
  /**
   * Rows read from raw and written to indicators.
   */
  rows: number;
}
/**
 * What was done to each table.
 */
export interface MaintenanceMetrics {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The instant at which the maintenance began, written as a slot.
   */
  slot: string;
  /**
   * Number of the maintenance.
   */
  attempt: number;
  layer: 'maintenance';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * When it ended.
   */
  endedAt: string;
  /**
   * Spark's name for the application.
   */
  applicationId: string;
  /**
   * One entry a table, in the manifest's order.
   */
  tables: MaintainedTable[];
  /**
   * What was checked.
   */
  audits: Audit[];
}
/**
 * One table.
 */
export interface MaintainedTable {
  /**
   * As in the manifest.
   */
  table: string;
  /**
   * Seconds spent on the table.
   */
  seconds: number;
  /**
   * Branches dropped.
   */
  droppedBranches: number;
  /**
   * Tags dropped.
   */
  droppedTags: number;
  /**
   * Snapshots that are gone.
   */
  expiredSnapshots: number;
  /**
   * Files that no snapshot named.
   */
  orphanFiles: number;
  /**
   * The same rows in fewer files; null if the table was left as it was.
   */
  compaction: null | Compaction;
}
/**
 * How the table's files were written anew.
 */
export interface Compaction {
  /**
   * Snapshot of main before.
   */
  from: string;
  /**
   * Snapshot of main afterwards.
   */
  to: string;
  /**
   * Rows, before and after.
   */
  rows: number;
  /**
   * Data and delete files of main before.
   */
  filesBefore: number;
  /**
   * And afterwards.
   */
  filesAfter: number;
}
