import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CatalogueError } from '../problems.ts';
import type { ColumnLineage, CompiledCatalogue } from '../types.ts';
import { type ReadableTables, readableTables } from './tables.ts';

/**
 * What each column of each query comes from, and what cannot be traced. `python` is an interpreter that has sqlglot, the
 * parser of Spark's SQL: it is needed where the catalogue is edited and not where the lake runs.
 */
export function traceSql(
  python: string,
  tables: ReadableTables,
  queries: Record<string, string>,
): { columns: Record<string, ColumnLineage>; problems: Record<string, string> } {
  const program = join(import.meta.dirname, 'columns_of_sql.py');
  const { status, stdout, stderr, error } = spawnSync(python, ['-B', program], {
    input: JSON.stringify({ tables, queries }),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error || status !== 0) throw new Error(`${python} cannot compute the lineage: ${error?.message ?? stderr}`);
  return JSON.parse(stdout);
}

/** The lineage of all indicators; throws a CatalogueError that names the SQL which cannot be traced. */
export function traceCatalogue(python: string, compiled: CompiledCatalogue): Record<string, ColumnLineage> {
  const queries = Object.fromEntries(Object.values(compiled.refined).map(({ name, sql }) => [name, sql]));
  const { columns, problems } = traceSql(python, readableTables(compiled), queries);
  const faults = Object.entries(problems).map(([name, message]) => ({
    file: `catalog/refined/${name}.sql`,
    line: 1,
    message: `its lineage cannot be computed: ${message}`,
  }));
  if (faults.length > 0) throw new CatalogueError(faults);
  return columns;
}
