import Table from 'cli-table3';

export type Cell = string | number | null | undefined;

/**
 * Rows under a header, numbers to the right; what `--json` prints instead is the caller's. In a terminal long sentences are
 * wrapped; what is piped has one line a row.
 */
export function printTable(head: string[], rows: Cell[][], wrap = process.stdout.isTTY === true): void {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? grouped(cell) : (cell ?? ''))));
  const numeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const table = new Table({
    head,
    chars: WITHOUT_LINES_BETWEEN_ROWS,
    style: { head: [], border: [] },
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
    wordWrap: wrap,
    colWidths: head.map((title, column) => (wrap ? widthOf([title, ...texts.map((row) => row[column] ?? '')]) : null)),
  });
  table.push(...texts);
  console.log(table.toString());
}

const WIDEST_SENTENCE = 60;
const PADDING = 2;

/** Of a column with long sentences, so that none of its words is cut; null where nothing has to be wrapped. */
function widthOf(cells: string[]): number | null {
  if (cells.every((cell) => cell.length <= WIDEST_SENTENCE)) return null;
  const words = cells.flatMap((cell) => cell.split(/\s/)).map((word) => word.length);
  return Math.max(WIDEST_SENTENCE, ...words) + PADDING;
}

const WITHOUT_LINES_BETWEEN_ROWS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

const grouped = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
