import type { CheckFile, CompiledCheck, RefinedFile } from './types.ts';

/** Names that a declared check cannot have: of checks that nobody declares, and of those that the fold makes itself. */
export const DERIVED = [
  ...['unique_key', 'not_null', 'one_row', 'foreign_key', 'delivered_rows', 'null_share', 'freshness'],
  ...['conservation', 'total_rows', 'bad_row_share'],
];

/** All checks of a refined table's slot: what follows from its key and columns first, then what its file declares. */
export function checksOfRefined({ key, columns, checks }: RefinedFile): CompiledCheck[] {
  const filled = columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
  const rows: CompiledCheck =
    key.length > 0
      ? {
          name: 'unique_key',
          check: 'unique_key',
          columns: key,
          severity: 'error',
          description: `Cada linha de uma execução tem uma chave só sua: ${key.join(', ')}.`,
        }
      : {
          name: 'one_row',
          check: 'row_count',
          rows: 1,
          severity: 'error',
          description: 'A tabela tem exatamente uma linha por execução.',
        };
  const notNull: CompiledCheck[] =
    filled.length > 0
      ? [
          {
            name: 'not_null',
            check: 'not_null',
            columns: filled,
            severity: 'error',
            description: 'As colunas que sempre têm valor não vêm vazias.',
          },
        ]
      : [];
  return [rows, ...notNull, ...checks.map(compileCheck)];
}

export function compileCheck(check: CheckFile): CompiledCheck {
  return { ...check, severity: check.severity ?? 'error' };
}
