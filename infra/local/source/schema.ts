import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import type { CompiledSource } from '../../../catalog/types.ts';
import type { TableName } from './population.ts';

let sources: Record<string, CompiledSource> | undefined;

/** The sources of the catalogue, by name. */
export function compiledSources(): Record<string, CompiledSource> {
  sources ??= compileCatalogue(loadCatalogue()).sources;
  return sources;
}

/** The names of the table's columns, in the order of the bank's files, as the catalogue has them. */
export function sourceColumns(table: TableName): string[] {
  const source = compiledSources()[table];
  if (source === undefined)
    throw new Error(`the catalogue has no source ${table}: the generator cannot write its files`);
  return source.columns.map((column) => column.name);
}
