import * as held from '../control-db/queries/held.ts';
import * as runs from '../control-db/queries/runs.ts';
import { postgresPool } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { slotOf } from '../workflows/slot.ts';
import { printTable } from './table.ts';

export async function listRuns(options: { stack: string; json?: boolean; limit: number }): Promise<void> {
  const database = postgresPool(readConfig(options.stack));
  try {
    const rows = await runs.listRuns(database, options.limit);
    if (options.json) return console.log(JSON.stringify(rows.map(asJson), null, 2));
    if (rows.length === 0) return console.log('No run yet. "podlake run" starts one now, "podlake demo" shows two.');
    printTable(
      [
        'slot',
        'attempt',
        'kind',
        'state',
        'files',
        'refused',
        'rows in raw',
        'publication',
        'held',
        'seconds',
        'cost (USD)',
        'message',
      ],
      rows.map((row) => [
        ...[slotOf(row.slot), row.attempt, row.kind, row.state, row.files, row.refused, row.rowsRaw, row.publication],
        ...[
          row.held,
          row.closedAt ? Math.round((row.closedAt.getTime() - row.openedAt.getTime()) / 1000) : null,
          row.usd === null ? null : row.usd.toFixed(2),
          row.message,
        ],
      ]),
    );
    for (const line of heldLines(await held.heldNow(database))) console.log(line);
  } finally {
    await database.end();
  }
}

const asJson = (row: runs.RunRow) => ({
  ...row,
  slot: slotOf(row.slot),
  holds: row.holds.map(heldAsJson),
  lacks: row.lacks.map(heldAsJson),
});

const heldAsJson = ({ slot, table, files, reason }: held.HeldDelivery) => ({
  slot: slotOf(slot),
  table: table || null,
  files,
  reason,
});

/** What the newest publication lacks, for people, and what they can do about it. */
export function heldLines(lacking: readonly held.HeldDelivery[]): string[] {
  if (lacking.length === 0) return [];
  return [
    '',
    'The newest publication was made over held deliveries, whose rows it lacks:',
    ...lacking.map(
      ({ slot, table, files, reason }) =>
        `  ${slotOf(slot)} ${table || '(table not identified yet)'}: ${files} ${files === 1 ? 'file' : 'files'}; ${reason}`,
    ),
    'Next: mend the cause that is told here, or have the source mend it, and have those files delivered again: they go into the next slot.',
    'The files, and what can be done about each: podlake files list --outcome held',
    'The rows that were left out: podlake quarantine list --open',
  ];
}
