import { createHash } from 'node:crypto';
import { checksOfRefined } from './checks.ts';
import { columnsOf } from './columns.ts';
import { currentLineage } from './lineage/stored.ts';
import { readableTables } from './lineage/tables.ts';
import { publishedRead, tablesRead } from './sql.ts';
import { checksOfTrusted } from './trusted-checks.ts';
import type {
  Catalogue,
  CompiledCatalogue,
  CompiledRefined,
  CompiledSource,
  CompiledSourceColumn,
  CompiledTrusted,
  RefinedEntry,
  SourceColumnFile,
  SourceFile,
  TrustedFile,
} from './types.ts';

/** One object with all that jobs and workers need to know of every table. Equal catalogues give equal hashes. */
export function compileCatalogue(catalogue: Catalogue): CompiledCatalogue {
  const files = new Map(catalogue.sources.map(({ data }) => [data.name, data]));
  const sources = byName(catalogue.sources.map(({ data }) => compileSource(data, files)));
  const tablesOf = new Map(catalogue.trusted.map(({ data }) => [data.source, data.name]));
  const trusted = byName(catalogue.trusted.map(({ data }) => compileTrusted(data, sources, tablesOf)));
  const refined = byName(catalogue.refined.map(compileRefined));
  const tables = readableTables({ trusted, refined });
  for (const table of Object.values(refined)) {
    table.lineage = currentLineage(catalogue.lineage, table.name, table.sql, tables);
  }
  const content = { format: 1 as const, sources, trusted, refined };
  return { ...content, hash: createHash('sha256').update(canonicalJson(content)).digest('hex') };
}

/** JSON without blanks, with the keys of every object in order: equal content, equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function byName<T extends { name: string }>(tables: T[]): Record<string, T> {
  return Object.fromEntries(tables.map((table) => [table.name, table]));
}

function compileSource(file: SourceFile, files: ReadonlyMap<string, SourceFile>): CompiledSource {
  const columns = columnsOf(file, files).map(compileColumn);
  return {
    name: file.name,
    description: file.description,
    grain: file.grain,
    parent: file.parent ?? null,
    columns,
    key: columns.filter((column) => column.key).map((column) => column.name),
  };
}

function compileColumn(column: SourceColumnFile): CompiledSourceColumn {
  const key = column.key ?? false;
  const keyMayBeEmpty = column.may_be_empty ?? false;
  return {
    name: column.name,
    type: column.type,
    nullable: !key || keyMayBeEmpty,
    required: key || (column.required ?? false),
    key,
    keyMayBeEmpty,
    sentinel: column.sentinel ?? null,
    accepted: column.accepted ?? null,
    personal: column.personal,
    description: column.description,
    notes: column.notes ?? null,
  };
}

function compileTrusted(
  file: TrustedFile,
  sources: Record<string, CompiledSource>,
  tablesOf: ReadonlyMap<string, string>,
): CompiledTrusted {
  const source = sources[file.source];
  if (source === undefined)
    throw new Error(`trusted table ${file.name} is made from ${file.source}, which is no source`);
  return {
    name: file.name,
    source: source.name,
    description: file.description,
    key: source.key.map((name) => name.toLowerCase()),
    buckets: file.buckets ?? null,
    badRowThreshold: file.bad_row_threshold,
    onHeldDelivery: file.on_held_delivery,
    columns: source.columns.map((column) => ({
      name: column.name.toLowerCase(),
      source: column.name,
      type: column.type,
      nullable: column.nullable,
      key: column.key,
      keyMayBeEmpty: column.keyMayBeEmpty,
      sentinel: column.sentinel,
      accepted: column.accepted,
      personal: column.personal,
      description: column.description.pt,
    })),
    checks: checksOfTrusted(file, source, tablesOf),
  };
}

function compileRefined({ data, sql }: RefinedEntry): CompiledRefined {
  return {
    ...data,
    inputs: tablesRead(sql).map((read) => read.table),
    lookback: publishedRead(sql).map((read) => read.table),
    checks: checksOfRefined(data),
    sql,
    lineage: null,
  };
}
