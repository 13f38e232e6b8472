import { metricMeter } from '@temporalio/workflow';
import type { Story } from './story.ts';
import type { LayerSummary, RunKind, RunOutcome } from './types.ts';

const RUNS = 'Runs that were closed, by how they ended';
const ROWS = 'Rows that a layer read or wrote, by table';
const FILES = 'Files of deliveries, by what became of them';
const LAYER = 'How long the step of a layer took';

/** Counted once, when a run is closed: a replay counts nothing. */
export function countRun(kind: RunKind, outcome: RunOutcome, { delivery, layers }: Story): void {
  metricMeter.createCounter('podlake_runs_total', undefined, RUNS).add(1, { kind, outcome });
  for (const layer of layers) countLayer(layer);
  if (!delivery) return;
  const files = metricMeter.createCounter('podlake_files_total', undefined, FILES);
  const { accepted, refused, documents } = delivery;
  for (const [found, count] of Object.entries({ accepted, refused, document: documents }))
    if (count > 0) files.add(count, { outcome: found });
}

function countLayer({ step, seconds, tables }: LayerSummary): void {
  metricMeter.createHistogram('podlake_layer_seconds', 'float', 's', LAYER).record(seconds, { layer: step });
  const rows = metricMeter.createCounter('podlake_layer_rows_total', undefined, ROWS);
  for (const table of tables) if (table.rows > 0) rows.add(table.rows, { layer: step, table: table.table });
}
