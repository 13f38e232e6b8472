// The catalogue in its two shapes: as people write it (the YAML files) and compiled (what Spark and the workers read).

export interface Text {
  pt: string;
  en: string;
}

export type PersonalClass = 'none' | 'identifier' | 'personal' | 'sensitive';
export type SourceType = 'int' | 'bigint' | 'double' | 'decimal(18,3)' | 'string';
export type OnHeldDelivery = 'proceed' | 'wait';

/** A row of a child belongs to the row with the same `columns` in one of `sources`. */
export interface Parent {
  sources: string[];
  columns: string[];
}

// ---- as written: catalog/schema/*.schema.json says what the fields mean

export interface SourceColumnFile {
  name: string;
  type: SourceType;
  key?: true;
  may_be_empty?: true;
  required?: true;
  sentinel?: number;
  accepted?: (number | string)[];
  personal: PersonalClass;
  description: Text;
  notes?: string;
}

export interface SourceFile {
  name: string;
  description: Text;
  grain: Text;
  parent?: Parent;
  columns?: SourceColumnFile[];
  like?: string;
  without?: string[];
  required?: string[];
}

export interface TrustedFile {
  name: string;
  source: string;
  description: string;
  buckets?: number;
  bad_row_threshold: number;
  on_held_delivery: OnHeldDelivery;
  checks?: CheckFile[];
  foreign_key?: { tolerated?: number; severity?: Severity };
  history?: {
    slots?: number;
    rows?: number;
    delivered_rows?: { factor?: number; severity?: Severity };
    null_share?: { rise?: number; severity?: Severity };
  };
  freshness?: { days?: number; severity?: Severity };
}

export interface RefinedColumn {
  name: string;
  type: string;
  nullable: boolean;
  unit: string;
  description: string;
  labels?: Record<string, string>;
}

export interface RefinedFile {
  name: string;
  title: string;
  description: string;
  purpose: string;
  grain: string;
  owner: string;
  construction: string[];
  key: string[];
  columns: RefinedColumn[];
  assumptions: string[];
  checks: CheckFile[];
}

export type Severity = 'warn' | 'error';

/** A check as declared: what each kind means stands in catalog/schema/checks.schema.json. */
export type CheckFile = { name: string; description: string; severity?: Severity } & DeclaredCheck;

export type DeclaredCheck =
  | {
      check: 'accepted_values';
      column: string;
      values: (number | string)[];
      always?: (number | string)[];
      where?: string;
    }
  | { check: 'range'; columns: string[]; min?: number; max?: number }
  | { check: 'expression'; expression: string }
  | { check: 'no_overlap'; columns: string[]; with: string }
  | { check: 'parts_add_up'; columns: string[]; parts?: string; whole?: string; total?: string }
  | { check: 'same_total'; column?: string; by?: string[]; where?: string; other: Total };

/** The sum of a column of a refined table, or the number of its rows, of those alone where the condition holds. */
export interface Total {
  table: string;
  column?: string;
  where?: string;
}

export type YamlPath = (string | number)[];

/** One YAML file: its content, and the line on which any part of it stands. */
export interface Entry<T> {
  file: string;
  data: T;
  lineOf(path: YamlPath): number;
}

/** A refined table's YAML with the SQL file beside it. */
export interface RefinedEntry extends Entry<RefinedFile> {
  sqlFile: string;
  sql: string;
}

/** What one column does for another: gives its value, is what it counts, or only decides on rows. See lineage/columns_of_sql.py. */
export type Role = 'value' | 'rows' | 'filter' | 'join' | 'group' | 'order';

/** By column what it comes from: `trusted.bureau.status`, `trusted.bureau` (its rows), `refined.<table>.<column>` or `slot`. */
export type ColumnLineage = Record<string, Record<string, Role[]>>;

/** catalog/lineage/columns.json: by indicator its lineage, and a digest of what that was computed from. */
export type StoredLineage = Record<string, { of: string; columns: ColumnLineage }>;

/** A table as the lake has it: names of the key, and by column its type. */
export type PublishedTable = { key: string[]; columns: Record<string, string> };

/** catalog/published-schema.json: what a change of the catalogue must leave as it is, or widen. */
export type PublishedSchema = { trusted: Record<string, PublishedTable>; refined: Record<string, PublishedTable> };

/** What `loadCatalogue` gives: checked, each list in order of name. */
export interface Catalogue {
  sources: Entry<SourceFile>[];
  trusted: Entry<TrustedFile>[];
  refined: RefinedEntry[];
  lineage: StoredLineage;
  published: PublishedSchema;
}

// ---- compiled

export interface CompiledSourceColumn {
  name: string;
  type: SourceType;
  nullable: boolean;
  required: boolean;
  key: boolean;
  keyMayBeEmpty: boolean;
  sentinel: number | null;
  accepted: (number | string)[] | null;
  personal: PersonalClass;
  description: Text;
  notes: string | null;
}

export interface CompiledSource {
  name: string;
  description: Text;
  grain: Text;
  parent: Parent | null;
  columns: CompiledSourceColumn[];
  key: string[];
}

export interface CompiledTrustedColumn {
  name: string;
  source: string;
  type: SourceType;
  nullable: boolean;
  key: boolean;
  keyMayBeEmpty: boolean;
  sentinel: number | null;
  accepted: (number | string)[] | null;
  personal: PersonalClass;
  description: string;
}

/** A check as it is run. Those beside the declared ones every table has: they follow from key, columns and parent. */
export type CompiledCheck = { name: string; description: string; severity: Severity } & (
  | DeclaredCheck
  | { check: 'unique_key'; columns: string[] }
  | { check: 'not_null'; columns: string[] }
  | { check: 'row_count'; rows: number }
  | TrustedCheck
);

/** What only a trusted table has; the limits are those of catalog/schema/trusted.schema.json. */
export type TrustedCheck =
  | { check: 'foreign_key'; columns: string[]; parents: string[]; tolerated: number }
  | { check: 'delivered_rows'; factor: number; slots: number; rows: number }
  | { check: 'null_share'; rise: number; slots: number; rows: number }
  | { check: 'freshness'; days: number };

export interface CompiledTrusted {
  name: string;
  source: string;
  description: string;
  key: string[];
  buckets: number | null;
  badRowThreshold: number;
  onHeldDelivery: OnHeldDelivery;
  columns: CompiledTrustedColumn[];
  checks: CompiledCheck[];
}

export interface CompiledRefined extends Omit<RefinedFile, 'checks'> {
  /** Names of the trusted tables that the SQL reads, in order. */
  inputs: string[];
  /** Names of the refined tables of which the SQL reads what earlier slots published, in order. */
  lookback: string[];
  checks: CompiledCheck[];
  sql: string;
  /** Null when the SQL was edited after its lineage was computed. */
  lineage: ColumnLineage | null;
}

export interface CompiledCatalogue {
  format: 1;
  /** SHA-256, in hex, of the canonical JSON of everything but this field. */
  hash: string;
  sources: Record<string, CompiledSource>;
  trusted: Record<string, CompiledTrusted>;
  refined: Record<string, CompiledRefined>;
}
