import type { CompiledRefined, CompiledTrusted, CompiledTrustedColumn, Role } from '../types.ts';

import { SLOT_COLUMNS } from './tables.ts';

// Lineage in the words of those who read Glue and the documents.

export const ROLE_IN_PORTUGUESE: Record<Role, string> = {
  value: 'valor',
  rows: 'linhas',
  filter: 'filtro',
  join: 'junção',
  group: 'grupo',
  order: 'ordem',
};

/** What the trusted layer makes of a column of the files. */
export function transformation({ type, sentinel, accepted, key, keyMayBeEmpty }: CompiledTrustedColumn): string {
  const steps = [READ_AS[type], 'vazio vira nulo'];
  if (sentinel !== null) steps.push(`${sentinel} (sem valor) vira nulo`);
  if (accepted !== null) steps.push(`outro valor além de ${accepted.join(', ')} leva a linha à quarentena`);
  if (key && !keyMayBeEmpty) steps.push('sem valor, a linha vai à quarentena');
  return steps.join('; ');
}

const READ_AS: Record<CompiledTrustedColumn['type'], string> = {
  int: 'lida como int (aceita `.0` no fim)',
  bigint: 'lida como bigint (aceita `.0` no fim)',
  double: 'lida como double',
  'decimal(18,3)': 'lida como decimal(18,3) (casas a mais arredondam, metade para longe do zero)',
  string: 'texto mantido como veio',
};

/** Of each column of a trusted table, for Glue: where it comes from and what was done. */
export function trustedLineageText({ source, columns }: CompiledTrusted): string {
  const entries = columns.map((column) => [
    column.name,
    { origem: `${source}.${column.source}`, transformacao: transformation(column) },
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** Of each column of an indicator, for Glue: the columns that it comes from, with their roles. */
export function refinedLineageText({ columns, lineage }: CompiledRefined): string {
  if (lineage === null) return NOT_COMPUTED;
  return JSON.stringify(Object.fromEntries(columns.map(({ name }) => [name, inPortuguese(lineage[name] ?? {})])));
}

/** Of one column of an indicator's view, those that tell the slot included. */
export function columnLineageText({ lineage }: CompiledRefined, column: string): string {
  if (SLOT_COLUMNS.includes(column)) return JSON.stringify(inPortuguese({ slot: ['value'] }));
  return lineage === null ? NOT_COMPUTED : JSON.stringify(inPortuguese(lineage[column] ?? {}));
}

function inPortuguese(origins: Record<string, Role[]>): Record<string, string[]> {
  const entries = Object.entries(origins).map(([place, roles]) => [
    place,
    roles.map((role) => ROLE_IN_PORTUGUESE[role]),
  ]);
  return Object.fromEntries(entries);
}

const NOT_COMPUTED = 'não calculada: o SQL mudou depois do último "podlake docs"';
