import type { TableName } from './population.ts';
import { hash } from './random.ts';

/** How a file is written. All of these forms were seen in real files, and each must be accepted. */
export interface FileForm {
  compression: 'none' | 'gzip';
  crlf: boolean;
  byteOrderMark: boolean;
  /** Whole numbers of columns that may be empty end in `.0`. */
  dotZero: boolean;
  /** The columns stand in another order than the bank's own. */
  reordered: boolean;
  /** A first column without a name counts the rows, as a data frame's index does. */
  indexColumn: boolean;
}

/** The form of the `position`th file of a delivery. Any nine files in a row show each form at least once. */
export function fileForm(key: number, position: number): FileForm {
  const turn = hash(key, 0) + position;
  return {
    compression: turn % 4 === 1 ? 'gzip' : 'none',
    crlf: turn % 5 === 0,
    byteOrderMark: turn % 6 === 2,
    dotZero: turn % 7 !== 3,
    reordered: turn % 8 === 6,
    indexColumn: turn % 9 === 4,
  };
}

/** The key of a file: the table is told by the file's name or else by its folder, in any case of letters. */
export function fileKey(
  table: TableName,
  label: string,
  part: number,
  parts: number,
  form: FileForm,
  key: number,
): string {
  const suffix = parts > 1 ? `${label}_parte-${part + 1}` : label;
  const extension = form.compression === 'gzip' ? '.csv.gz' : '.csv';
  switch (hash(key, 1) % 5) {
    case 0:
      return `${table}_${suffix}${extension}`;
    case 1:
      return `${table}/${suffix}${extension}`;
    case 2:
      return `${table.toUpperCase()}_${suffix}${extension}`;
    default:
      return `${table}/${table}_${suffix}${extension}`;
  }
}

/** The order in which a reordered file has its columns: some of them swapped in pairs. */
export function reorder<T>(columns: readonly T[], key: number): T[] {
  const order = [...columns];
  const swaps = Math.max(1, Math.floor(order.length / 6));
  for (let i = 0; i < swaps; i++) {
    const from = hash(key, 2 * i) % order.length;
    // Never with itself, so that the order differs even in a table of three columns.
    const to = (from + 1 + (hash(key, 2 * i + 1) % (order.length - 1))) % order.length;
    [order[from], order[to]] = [order[to] as T, order[from] as T];
  }
  return order;
}
