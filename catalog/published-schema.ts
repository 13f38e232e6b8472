import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledCatalogue, PublishedSchema, PublishedTable } from './types.ts';

// What the tables of the lake look like by now. Iceberg's schema is the table's and not the slot's, so that a column which
// was published once stays: check-published.ts holds the catalogue to that. The record only grows, also when a table is
// given up: one of its name that comes back later meets the table that still lies in the lake.

export const PUBLISHED_SCHEMA = 'published-schema.json';

export function readPublishedSchema(dir: string): PublishedSchema {
  const file = join(dir, PUBLISHED_SCHEMA);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { trusted: {}, refined: {} };
}

/** The record with what the catalogue adds to it. A catalogue that was loaded takes nothing away. */
export function grownSchema(known: PublishedSchema, { trusted, refined }: CompiledCatalogue): PublishedSchema {
  return { trusted: grown(known.trusted, trusted), refined: grown(known.refined, refined) };
}

/** As text: a line for each column, so that a change shows what it adds or widens. */
export function writePublishedSchema(schema: PublishedSchema): string {
  return `${JSON.stringify(schema, null, 1)}\n`;
}

type Tables = Record<string, PublishedTable>;

function grown(
  known: Tables,
  tables: Record<string, { key: string[]; columns: { name: string; type: string }[] }>,
): Tables {
  const now = Object.entries(tables).map(([name, { key, columns }]): [string, PublishedTable] => [
    name,
    { key, columns: Object.fromEntries(columns.map((column) => [column.name, column.type])) },
  ]);
  return Object.fromEntries(
    [...Object.entries({ ...known, ...Object.fromEntries(now) })].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Whether every value of `than` is one of `type` by the promotions that Iceberg allows; the jobs have the same rule. */
export function isWider(type: string, than: string): boolean {
  if ((than === 'int' && type === 'bigint') || (than === 'float' && type === 'double')) return true;
  const [before, after] = [decimal(than), decimal(type)];
  return before !== null && after !== null && after.scale === before.scale && after.precision > before.precision;
}

function decimal(type: string): { precision: number; scale: number } | null {
  const found = /^decimal\((\d+),\s*(\d+)\)$/.exec(type);
  return found && { precision: Number(found[1]), scale: Number(found[2]) };
}
