import Table from 'cli-table3';

export type Cell = string | number | null | undefined;

/** Rows under a header, numbers to the right; what `--json` prints instead is the caller's. */
export function printTable(head: string[], rows: Cell[][]): void {
  const numeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const table = new Table({
    head,
    chars: WITHOUT_LINES_BETWEEN_ROWS,
    style: { head: [], border: [] },
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
  });
  table.push(...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? grouped(cell) : (cell ?? '')))));
  console.log(table.toString());
}

const WITHOUT_LINES_BETWEEN_ROWS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

const grouped = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
