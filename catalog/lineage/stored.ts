import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnLineage, StoredLineage } from '../types.ts';
import type { ReadableTables } from './tables.ts';

// The lineage lies beside the catalogue as `podlake docs` computed it, so that what runs on AWS needs no parser of SQL.
// Each indicator's part names the SQL that it is the lineage of: one that was edited since has no lineage, not an old one.

export const STORED_LINEAGE = join('lineage', 'columns.json');

export function readLineage(dir: string): StoredLineage {
  const file = join(dir, STORED_LINEAGE);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** The stored lineage as text: a line for each origin, so that a change of SQL shows what it changed. */
export function writeLineage(lineage: StoredLineage): string {
  return `${JSON.stringify(lineage, null, 1).replaceAll(/\[\s+([^\]]*?)\s+\]/g, (_all, roles: string) => `[${roles.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

export function storeLineage(
  columns: Record<string, ColumnLineage>,
  sqlOf: (table: string) => string,
  tables: ReadableTables,
): StoredLineage {
  const entries = Object.entries(columns).map(([name, lineage]): [string, StoredLineage[string]] => [
    name,
    { of: digest(sqlOf(name), tables), columns: lineage },
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The lineage of one indicator, or null if it was computed from another SQL or from other columns of the tables it reads. */
export function currentLineage(
  stored: StoredLineage,
  name: string,
  sql: string,
  tables: ReadableTables,
): ColumnLineage | null {
  const found = stored[name];
  return found !== undefined && found.of === digest(sql, tables) ? found.columns : null;
}

/** Of the SQL and of the tables that it names: all that its lineage depends on. */
function digest(sql: string, tables: ReadableTables): string {
  const named = Object.entries(tables).filter(([table]) => sql.toLowerCase().includes(table));
  const text = JSON.stringify([sql, named.sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
