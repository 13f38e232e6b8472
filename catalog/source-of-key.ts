import type { CompiledCatalogue } from './types.ts';

/**
 * The source whose rows a landing object holds, told by its key alone, or null if no table's name stands there.
 *
 * The file's own name is asked first, then its folders from the nearest one up. A name tells a table if it starts with
 * the table's, in any case, and the next character is neither a letter nor a digit; of several the longest counts.
 */
export function sourceForKey(compiled: Pick<CompiledCatalogue, 'sources'>, objectKey: string): string | null {
  const longestFirst = Object.keys(compiled.sources).sort((a, b) => b.length - a.length);
  for (const part of objectKey.split('/').reverse()) {
    const source = longestFirst.find((table) => startsWithTable(part, table));
    if (source !== undefined) return source;
  }
  return null;
}

function startsWithTable(part: string, table: string): boolean {
  return part.toLowerCase().startsWith(table.toLowerCase()) && !/^[\p{L}\p{N}]/u.test(part.slice(table.length));
}
