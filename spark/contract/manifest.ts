/** Generated from manifest.schema.json by "npm run contract:generate"; change the schema, not this file. */

/**
 * What a Spark step is told to do.
 */
export type Manifest =
  | RawManifest
  | TrustedManifest
  | RefinedManifest
  | PublishManifest
  | RebuildManifest
  | BackfillManifest
  | MaintenanceManifest;

/**
 * CSV files to raw Parquet.
 */
export interface RawManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * The try at the slot, from 1.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs; 0 for a backfill that plays without it.
   */
  grant: number;
  layer: 'raw';
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * The Iceberg branch: run_<slot> of a run, backfill_<number> of a backfill.
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  /**
   * The source tables of the delivery.
   */
  tables: RawTask[];
  /**
   * The branch is that of a backfill: every table has it, and it goes on from slot to slot.
   */
  backfill?: boolean;
}
/**
 * Folders of the layers' tables, e.g. s3://podbank-trusted.
 */
export interface Locations {
  /**
   * Folder of the trusted tables.
   */
  trusted: string;
  /**
   * Folder of the refined tables.
   */
  refined: string;
  /**
   * Folder of the tables of controle.
   */
  controle: string;
}
/**
 * One source table's files.
 */
export interface RawTask {
  /**
   * Source table, in the source's spelling.
   */
  table: string;
  /**
   * Folder that this attempt alone writes; emptied first.
   */
  output: string;
  /**
   * The accepted files.
   */
  files: DeliveredFile[];
}
/**
 * One accepted CSV file in transient.
 */
export interface DeliveredFile {
  /**
   * Number of the file in the ledger.
   */
  id: number;
  /**
   * Where the file lies; its base name holds only letters, digits, '.', '_' and '-'.
   */
  uri: string;
  /**
   * Key of the file in landing, as it came.
   */
  landingKey: string;
  /**
   * When the file arrived (ISO 8601, UTC).
   */
  arrival: string;
  /**
   * Size of the file.
   */
  bytes: number;
  /**
   * A gzip file's URI ends in .gz.
   */
  compression: 'none' | 'gzip';
  /**
   * Names in the header, in file order, as they stand there.
   */
  columns: string[];
}
/**
 * Raw Parquet folded into trusted tables.
 */
export interface TrustedManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * The try at the slot, from 1.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs; 0 for a backfill that plays without it.
   */
  grant: number;
  layer: 'trusted';
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * The Iceberg branch: run_<slot> of a run, backfill_<number> of a backfill.
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  /**
   * The trusted tables of the delivery.
   */
  tables: TrustedTask[];
  /**
   * Of every trusted table the newest published slot before this one to which a file of it belongs.
   */
  lastArrivals?: LastArrival[];
  /**
   * The branch is that of a backfill: every table has it, and it goes on from slot to slot.
   */
  backfill?: boolean;
}
/**
 * One trusted table's raw files.
 */
export interface TrustedTask {
  /**
   * Trusted table, in lower case.
   */
  table: string;
  /**
   * URIs of the Parquet files that the raw step listed; at least one.
   */
  rawFiles: string[];
  /**
   * Snapshot of the last publication; null if the table has none yet.
   */
  base: string | null;
  /**
   * Records of the table's accepted files, as the raw step counted them; the share of bad rows is taken over them (over rows in raw if null).
   */
  records?: number | null;
  /**
   * Unreadable records of those files.
   */
  unreadable?: number | null;
  /**
   * The CSV files: where the lines of bad rows are looked up.
   */
  files?: {
    /**
     * The file's number in the ledger.
     */
    id: number;
    /**
     * Where the file lies in transient.
     */
    uri: string;
  }[];
  history?: TableHistory;
  /**
   * Whether this backfill read the files again.
   */
  reread?: boolean;
}
/**
 * What the last published deliveries of a trusted table were like.
 */
export interface TableHistory {
  /**
   * Rows of each, the newest first.
   */
  delivered: number[];
  /**
   * How many of them wrote rows of which the nulls were counted.
   */
  profiled: number;
  /**
   * Those rows, all together, by column.
   */
  columns: {
    [k: string]: ColumnHistory;
  };
}
/**
 * How many rows were written, and how many of them have no value.
 */
export interface ColumnHistory {
  /**
   * Rows written.
   */
  rows: number;
  /**
   * Those without a value.
   */
  nulls: number;
}
/**
 * When files of a trusted table came last.
 */
export interface LastArrival {
  /**
   * Trusted table, in lower case.
   */
  table: string;
  /**
   * The slot's instant in UTC; null if none came so far.
   */
  slotInstant: string | null;
}
/**
 * The catalogue's SQL over trusted.
 */
export interface RefinedManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * The try at the slot, from 1.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs; 0 for a backfill that plays without it.
   */
  grant: number;
  layer: 'refined';
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * The Iceberg branch: run_<slot> of a run, backfill_<number> of a backfill.
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  /**
   * The refined tables to compute.
   */
  tables: RefinedTask[];
  /**
   * Trusted tables that this slot wrote: exactly these must have the run's branch.
   */
  written: string[];
  /**
   * The branch is that of a backfill: every table has it, and it goes on from slot to slot.
   */
  backfill?: boolean;
}
/**
 * One refined table.
 */
export interface RefinedTask {
  /**
   * Name in the catalogue, without _dados.
   */
  table: string;
  /**
   * Snapshot of the last publication of <name>_dados; null if it has none yet.
   */
  base: string | null;
}
/**
 * A committed plan to be completed.
 */
export interface PublishManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot as it is written in keys, branches and tags, e.g. 20261124T090000Z.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * The try at the slot, from 1.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs; 0 for a backfill that plays without it.
   */
  grant: number;
  layer: 'publish';
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * The Iceberg branch: run_<slot> of a run, backfill_<number> of a backfill.
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  /**
   * Number of the publication.
   */
  publication: number;
  /**
   * Tag of the slot, slot_<slot>.
   */
  tag: string;
  /**
   * The plan.
   */
  tables: PublishTask[];
  switch?: Switch;
}
/**
 * One table of the plan.
 */
export interface PublishTask {
  /**
   * Table with its database: trusted.bureau, refined.taxa_inadimplencia_dados.
   */
  table: string;
  /**
   * Snapshot from which main moves; null if the table had no publication.
   */
  from: string | null;
  /**
   * Snapshot to which main moves.
   */
  to: string;
}
/**
 * How a backfill is published, whose snapshots do not descend from main.
 */
export interface Switch {
  /**
   * Where the tags of the slots that were played stand from then on.
   */
  tags: SlotTag[];
  /**
   * Tables, slots and layers whose rows of quarantine the backfill replaces.
   */
  quarantine: QuarantineOfSlot[];
  /**
   * Tables that stay as they are and only lose the branch.
   */
  unmoved: string[];
}
export interface SlotTag {
  table: string;
  tag: string;
  snapshot: string;
}
export interface QuarantineOfSlot {
  table: string;
  slotInstant: string;
  layer: 'raw' | 'trusted';
}
/**
 * What is published, computed anew and compared. Nothing is written to a table.
 */
export interface RebuildManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot of the newest publication.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * The try at the slot, from 1.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs; 0 for a backfill that plays without it.
   */
  grant: number;
  layer: 'rebuild';
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * The Iceberg branch: run_<slot> of a run, backfill_<number> of a backfill.
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  /**
   * The newest publication that is looked at.
   */
  publication: number;
  /**
   * The comparisons.
   */
  tables: RebuildTask[];
  /**
   * The slots whose indicators are computed.
   */
  slots: RebuiltSlot[];
}
/**
 * One comparison: a trusted table (with rawFiles), or a slot's rows of an indicator (with slot).
 */
export interface RebuildTask {
  /**
   * What it is called in progress and metrics: trusted.bureau, refined.taxa_inadimplencia at 20261124T090000Z.
   */
  table: string;
  /**
   * Name in the catalogue.
   */
  name: string;
  /**
   * Snapshot of the last publication of the table: what it is compared with.
   */
  snapshot: string;
  /**
   * Of a trusted table: the Parquet files of all its published slots.
   */
  rawFiles?: string[];
  /**
   * Of an indicator: one of slots.
   */
  slot?: string;
  /**
   * URI of the catalogue by whose SQL the indicator was computed last in this slot; the slot's own unless given.
   */
  catalogue?: string;
}
/**
 * A published slot and what its indicators read.
 */
export interface RebuiltSlot {
  /**
   * The slot.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * URI of the compiled catalogue by which the slot computed its indicators.
   */
  catalogue: string;
  /**
   * By trusted table its snapshot after the slot; a table that was never published by then is not there.
   */
  trusted: {
    [k: string]: string;
  };
  /**
   * By indicator the snapshot that was published before the slot.
   */
  refined: {
    [k: string]: string;
  };
}
/**
 * Past slots played again on a branch of their own.
 */
export interface BackfillManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The slot of the newest publication.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * The try at the slot, from 1.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs; 0 for a backfill that plays without it.
   */
  grant: number;
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * The Iceberg branch: run_<slot> of a run, backfill_<number> of a backfill.
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  layer: 'backfill';
  /**
   * The slots to play, in their order.
   */
  tables: ReplayedSlotTask[];
  /**
   * Where the branch of each table stands before the first of these slots.
   */
  start: TableSnapshot[];
  /**
   * Nothing is played: the branches are removed.
   */
  discard: boolean;
}
/**
 * One slot of a backfill.
 */
export interface ReplayedSlotTask {
  /**
   * The slot; progress is told by it.
   */
  table: string;
  /**
   * URI of the manifest of the slot's trusted layer, null when it has none.
   */
  trusted: string | null;
  /**
   * URI of the manifest of the slot's refined layer, null when it has none.
   */
  refined: string | null;
  /**
   * Tables that are not played, and where they stood in this slot.
   */
  pinned: TableSnapshot[];
}
/**
 * A table and one of its snapshots.
 */
export interface TableSnapshot {
  /**
   * Name in the lake, such as trusted.bureau or refined.indicador_dados.
   */
  table: string;
  /**
   * Null: without any row, as before its first file.
   */
  snapshot: string | null;
}
/**
 * What is to be done to the files, snapshots and references of each table.
 */
export interface MaintenanceManifest {
  /**
   * Version of this contract.
   */
  format: 1;
  /**
   * The instant at which the maintenance began, written as a slot.
   */
  slot: string;
  /**
   * The slot's instant in UTC, e.g. 2026-11-24T09:00:00Z.
   */
  slotInstant: string;
  /**
   * Number of the maintenance.
   */
  attempt: number;
  /**
   * The right to write the lake under which the step runs.
   */
  grant: number;
  layer: 'maintenance';
  /**
   * URI of the compiled catalogue.
   */
  catalogue: string;
  /**
   * main
   */
  branch: string;
  /**
   * Where the step writes its metrics once all tables are done.
   */
  metrics: string;
  /**
   * Where the step writes its progress.
   */
  progress: string;
  locations: Locations;
  /**
   * One entry a table.
   */
  tables: MaintenanceTask[];
}
/**
 * One table; a table that is not in the lake is passed over.
 */
export interface MaintenanceTask {
  /**
   * Table with its database: trusted.bureau, controle.quarentena.
   */
  table: string;
  /**
   * Branches that nobody owns.
   */
  dropBranches: string[];
  /**
   * The published snapshot whose rows main must have to be compacted; null: it is not compacted.
   */
  compactFrom: string | null;
  /**
   * Tags that are no longer kept.
   */
  dropTags: string[];
  /**
   * Snapshots without a reference that are older than this instant (ISO 8601, UTC) go; null: none.
   */
  expireBefore: string | null;
  /**
   * Files of the table's folder that no snapshot names and that are older than this instant go; null: none.
   */
  orphansBefore: string | null;
}
