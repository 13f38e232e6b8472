import { compileCheck } from './checks.ts';
import type { CompiledCheck, CompiledSource, TrustedFile } from './types.ts';

/**
 * All checks of a trusted table: what follows from key, parent and history first, then what its file declares. `tables`
 * gives by source the trusted table that is made from it.
 */
export function checksOfTrusted(
  file: TrustedFile,
  source: Pick<CompiledSource, 'columns' | 'parent'>,
  tables: ReadonlyMap<string, string>,
): CompiledCheck[] {
  return [
    ...ofKey(source),
    ...ofParent(file, source, tables),
    ...ofHistory(file),
    ofArrival(file),
    ...(file.checks ?? []).map(compileCheck),
  ];
}

function ofKey({ columns }: Pick<CompiledSource, 'columns'>): CompiledCheck[] {
  const lower = (chosen: typeof columns) => chosen.map(({ name }) => name.toLowerCase());
  const key = columns.filter((column) => column.key);
  const filled = lower(key.filter(({ keyMayBeEmpty }) => !keyMayBeEmpty));
  const unique: CompiledCheck = {
    name: 'unique_key',
    check: 'unique_key',
    columns: lower(key),
    severity: 'error',
    description: `Entre as linhas gravadas, nenhuma chave se repete: ${lower(key).join(', ')}.`,
  };
  if (filled.length === 0) return [unique];
  return [
    unique,
    {
      name: 'not_null',
      check: 'not_null',
      columns: filled,
      severity: 'error',
      description: 'As partes da chave que sempre têm valor não vêm vazias.',
    },
  ];
}

function ofParent(
  { foreign_key: { tolerated = 1, severity = 'warn' } = {} }: TrustedFile,
  { parent }: Pick<CompiledSource, 'parent'>,
  tables: ReadonlyMap<string, string>,
): CompiledCheck[] {
  const parents = (parent?.sources ?? []).flatMap((source) => tables.get(source) ?? []);
  if (parent === null || parents.length === 0) return [];
  const those = tolerated === 1 ? 'A parte que não tem é só informada.' : `Não têm, no máximo, ${percent(tolerated)}.`;
  return [
    {
      name: 'foreign_key',
      check: 'foreign_key',
      columns: parent.columns.map((name) => name.toLowerCase()),
      parents,
      tolerated,
      severity,
      description: `As linhas gravadas têm a sua correspondente em ${parents.join(' ou ')}. ${those}`,
    },
  ];
}

function ofHistory({ history = {} }: TrustedFile): CompiledCheck[] {
  const { slots = 3, rows = 1000, delivered_rows: delivered = {}, null_share: nulls = {} } = history;
  const { factor = 10 } = delivered;
  const { rise = 0.1 } = nulls;
  const judged = `a partir de ${slots} entregas publicadas e ${rows.toLocaleString('pt-BR')} linhas`;
  return [
    {
      name: 'delivered_rows',
      check: 'delivered_rows',
      ...{ factor, slots, rows },
      severity: delivered.severity ?? 'warn',
      description: `A entrega não tem mais de ${factor.toLocaleString('pt-BR')} vezes as linhas de costume, nem tantas vezes menos (mediana das últimas entregas; ${judged}).`,
    },
    {
      name: 'null_share',
      check: 'null_share',
      ...{ rise, slots, rows },
      severity: nulls.severity ?? 'warn',
      description: `Em nenhuma coluna a parte vazia das linhas gravadas passa a das últimas entregas em mais de ${percent(rise)} das linhas (${judged}).`,
    },
  ];
}

function ofArrival({ freshness: { days = 7, severity = 'warn' } = {} }: TrustedFile): CompiledCheck {
  return {
    name: 'freshness',
    check: 'freshness',
    days,
    severity,
    description: `Entre uma entrega da tabela e a seguinte passam, no máximo, ${days.toLocaleString('pt-BR')} dias.`,
  };
}

const percent = (share: number) => `${(share * 100).toLocaleString('pt-BR', { maximumFractionDigits: 2 })} %`;
