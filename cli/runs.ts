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
    if (options.json)
      return console.log(
        JSON.stringify(
          rows.map((row) => ({ ...row, slot: slotOf(row.slot) })),
          null,
          2,
        ),
      );
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
        'message',
      ],
      rows.map((row) => [
        ...[slotOf(row.slot), row.attempt, row.kind, row.state, row.files, row.refused, row.rowsRaw, row.publication],
        ...[
          row.held,
          row.closedAt ? Math.round((row.closedAt.getTime() - row.openedAt.getTime()) / 1000) : null,
          row.message,
        ],
      ]),
    );
    const lacking = await held.heldNow(database);
    if (lacking.length > 0) console.log('\nThe newest publication was made over held deliveries, whose rows it lacks:');
    for (const { slot, table, files, reason } of lacking) {
      console.log(`  ${slotOf(slot)} ${table}: ${files} ${files === 1 ? 'file' : 'files'}; ${reason}`);
    }
  } finally {
    await database.end();
  }
}
