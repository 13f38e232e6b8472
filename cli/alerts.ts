import { type AlertRow, listAlerts } from '../control-db/queries/alerts.ts';
import { postgresPool } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { slotOf } from '../workflows/slot.ts';
import { printTable } from './table.ts';

export async function alerts(options: { stack: string; json?: boolean; open?: boolean; limit: number }): Promise<void> {
  const database = postgresPool(readConfig(options.stack));
  try {
    const rows = await listAlerts(database, { open: options.open ?? false, limit: options.limit });
    if (options.json) return console.log(JSON.stringify(rows.map(asJson), null, 2));
    if (rows.length === 0) return console.log(options.open ? 'No alert is open.' : 'No alert yet.');
    printTable(
      ['alert', 'opened', 'over', 'what', 'told', 'next'],
      rows.map((row) => [row.alert, at(row.openedAt), at(row.overAt), row.message, toldText(row), row.command]),
    );
  } finally {
    await database.end();
  }
}

const asJson = (row: AlertRow) => ({ ...row, slot: row.slot && slotOf(row.slot) });

const at = (instant: Date | null) => (instant ? `${instant.toISOString().slice(0, 16)}Z` : null);

/** Who was told; of a channel that did not take it, why. */
export function toldText({ deliveries }: Pick<AlertRow, 'deliveries'>): string {
  if (deliveries.length === 0) return 'nobody (no channel is configured)';
  return deliveries
    .map(({ channel, sentAt, lastError }) => {
      if (sentAt) return channel;
      return lastError ? `not ${channel}: ${lastError}` : `not ${channel} yet`;
    })
    .join('; ');
}
