/** What a sequence of deliveries is: drawn at random, written as files for the lake, and read as it is by the model. */

export type Table = 'application_train' | 'bureau_balance' | 'installments_payments';

/** Text by column of the source, as it stands in the file; a column that is not there is one that the file lacks. */
export type Values = Record<string, string>;

export type DrawnRecord =
  | { kind: 'row'; values: Values }
  /** A line with a field too many or too few. */
  | { kind: 'fields'; values: Values; by: 1 | -1 }
  | { kind: 'blank'; text: string };

/** How the same rows may be written. */
export type Form = {
  rotate: number;
  reverse: boolean;
  header: 'exact' | 'lower' | 'spaced';
  /** A column that the source does not know, before all others or after them. */
  extra: { name: string; first: boolean } | null;
  withoutOptional: boolean;
  quoteAll: boolean;
  bom: boolean;
  crlf: boolean;
  gzip: boolean;
  lastLineEnds: boolean;
};

/** What makes a whole file one that cannot be taken. */
export const FAULTS = [
  'renamed column',
  'repeated column',
  'no header',
  'latin-1 far down',
  'utf-16',
  'nul byte',
  'open quote',
  'gzip cut short',
  'not gzip',
  'empty',
  'unknown table',
  'document',
] as const;
export type Fault = (typeof FAULTS)[number];

export type DrawnFile = {
  table: Table;
  form: Form;
  records: DrawnRecord[];
  fault: Fault | null;
};

/** `again`: the content of an earlier file of the sequence, counted from the newest. */
export type DrawnDelivery = {
  content: DrawnFile | { again: number };
  name: number;
  /** Minutes before the slot's instant, or, of a late file, after it. */
  minutes: number;
  late: boolean;
};

export const STEPS = ['raw', 'trusted', 'refined', 'publish'] as const;
export type Step = (typeof STEPS)[number];

export type DrawnSlot = {
  hoursLater: number;
  deliveries: DrawnDelivery[];
  /** What is done twice, as after a death between the work and the word that it is done. */
  repeated: 'detect' | Step | null;
  /** The run is cancelled after it claimed its files. */
  cancelled: boolean;
};

export type Sequence = {
  /** Files of this table wait while a delivery of it is held. */
  waiting: Table | null;
  slots: DrawnSlot[];
};

/** A file as it lies in landing. */
export type Delivered = DrawnFile & { key: string; arrival: Date; bytes: Buffer };

/** Bad rows over records, above which a slot is held. 1 % is the lake's own; files here have so few rows that two are raised. */
export const THRESHOLDS: Record<Table, number> = {
  application_train: 0.25,
  bureau_balance: 0.01,
  installments_payments: 0.5,
};

export const FIRST_SLOT = new Date('2026-01-05T09:00:00Z');
