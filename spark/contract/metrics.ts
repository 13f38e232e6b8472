export type Audit = {
  table: string;
  audit: string;
  severity: 'warn' | 'error';
  value: number | null;
  limit: number | null;
  passed: boolean;
  examples: string[];
};
type Common = {
  format: 1;
  slot: string;
  attempt: number;
  startedAt: string;
  endedAt: string;
  applicationId: string;
  audits: Audit[];
};
export type RawTable = {
  table: string;
  seconds: number;
  files: { id: number; records: number; rows: number; unreadable: number; bytes: number }[];
  rows: number;
  outputs: { uri: string; bytes: number }[];
  bytes: number;
};
export type TrustedTable = {
  table: string;
  seconds: number;
  rowsRaw: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  conflicting: number;
  quarantined: number;
  erased: number;
  snapshotFrom: string;
  snapshotTo: string;
  totalRows: number;
  bytes: number;
};
export type RefinedTable = {
  table: string;
  seconds: number;
  rows: number;
  snapshotFrom: string;
  snapshotTo: string;
  bytes: number;
};
export type PublishTable = { table: string; from: string | null; to: string; moved: boolean };
export type Metrics = Common &
  (
    | { layer: 'raw'; tables: RawTable[] }
    | { layer: 'trusted'; tables: TrustedTable[] }
    | { layer: 'refined'; tables: RefinedTable[] }
    | { layer: 'publish'; tables: PublishTable[] }
  );
