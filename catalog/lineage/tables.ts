import type { CompiledCatalogue } from '../types.ts';

/** The tables that SQL may read, by their names there: columns, and those that tell one row from another. */
export type ReadableTables = Record<string, { columns: string[]; key: string[] }>;

/** What the job adds to every indicator. */
export const SLOT_COLUMNS = ['ts_referencia', 'data_referencia'];

/** Trusted tables as they are, refined ones as earlier slots published them. */
export function readableTables({ trusted, refined }: Pick<CompiledCatalogue, 'trusted' | 'refined'>): ReadableTables {
  const tables: ReadableTables = {};
  for (const { name, key, columns } of Object.values(trusted)) {
    tables[`trusted.${name}`] = { columns: columns.map((column) => column.name), key };
  }
  for (const { name, key, columns } of Object.values(refined)) {
    const names = columns.map((column) => column.name);
    tables[`refined.${name}`] = { columns: [...names, ...SLOT_COLUMNS], key: [...key, 'ts_referencia'] };
  }
  return tables;
}
