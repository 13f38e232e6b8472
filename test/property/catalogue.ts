import { compileCatalogue } from '../../catalog/compile.ts';
import { loadCatalogue } from '../../catalog/load.ts';
import type { CompiledCatalogue, CompiledCheck } from '../../catalog/types.ts';

/** By source the columns that stay; of the others the real catalogue has 116 more, and each costs time. */
const COLUMNS: Record<string, string[] | 'all'> = {
  application_train: ['SK_ID_CURR', 'TARGET', 'NAME_CONTRACT_TYPE', 'AMT_CREDIT', 'DAYS_EMPLOYED', 'EXT_SOURCE_1'],
  bureau_balance: 'all',
  installments_payments: 'all',
};

const REFINED = [
  'inadimplencia_mensal_bureau',
  'taxa_inadimplencia',
  'taxa_recuperacao',
  'valor_medio_emprestimo',
  'variacao_taxa_inadimplencia',
];

/**
 * The project's own catalogue, cut down to what a sequence can be played with in seconds. Nothing is added to it; only the
 * thresholds of two tables are raised, or nearly every slot with a bad row would be held: files here have few rows.
 */
export function cutCatalogue(thresholds: Record<string, number>): CompiledCatalogue {
  const whole = compileCatalogue(loadCatalogue());
  const stays = (source: string, column: string) => COLUMNS[source] === 'all' || COLUMNS[source]?.includes(column);
  const sources = Object.values(whole.sources)
    .filter(({ name }) => name in COLUMNS)
    .map((source) => ({ ...source, columns: source.columns.filter(({ name }) => stays(source.name, name)) }));
  const trusted = Object.values(whole.trusted)
    .filter(({ source }) => source in COLUMNS)
    .map((table) => ({
      ...table,
      columns: table.columns.filter((column) => stays(table.source, column.source)),
      badRowThreshold: thresholds[table.name] ?? table.badRowThreshold,
      checks: withinCut(table.checks),
    }));
  const refined = Object.values(whole.refined)
    .filter(({ name }) => REFINED.includes(name))
    .map((table) => ({ ...table, checks: withinCut(table.checks) }));
  const byName = <T extends { name: string }>(tables: T[]) => Object.fromEntries(tables.map((one) => [one.name, one]));
  return { ...whole, hash: '', sources: byName(sources), trusted: byName(trusted), refined: byName(refined) };
}

/** A check that compares with a table that was cut away goes with it. */
function withinCut(checks: CompiledCheck[]): CompiledCheck[] {
  return checks.filter((check) => {
    if (check.check === 'same_total') return REFINED.includes(check.other.table);
    return check.check !== 'no_overlap' || check.with in COLUMNS;
  });
}
