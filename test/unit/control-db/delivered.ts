import type { Database } from '../../../control-db/queries/database.ts';
import * as files from '../../../control-db/queries/files.ts';
import { type LayerLoad, recordLayer, type TableLoad } from '../../../control-db/queries/loads.ts';
import { type OpenedRun, openRun } from '../../../control-db/queries/runs.ts';

/** Opens a run of the slot, begun by the execution named `by`. */
export const open = (database: Database, slot: string, by: string): Promise<OpenedRun> =>
  openRun(database, { slot, kind: 'scheduled', workflowId: 'data-lake-run', runId: by });

export const seen = (key: string): files.SeenFile => ({
  landingKey: key,
  identity: `etag ${key}`,
  arrivedAt: new Date('2026-01-05T08:00:00Z'),
  bytes: 100,
  etag: 'etag',
});

/** A file of landing that the run claimed. */
export async function claimed(database: Database, run: number, key: string): Promise<files.FileRow> {
  await files.claimFile(database, run, seen(key));
  const found = (await files.filesOfRun(database, run)).find(({ landingKey }) => landingKey === key);
  if (!found) throw new Error(`${key} was not claimed`);
  return found;
}

/** A file of landing that the run claimed, found good and moved to transient. */
export async function accepted(database: Database, run: number, key: string): Promise<files.FileRow> {
  const file = await claimed(database, run, key);
  const transientUri = `s3://lake-transient/bureau/${key}`;
  await files.acceptFile(database, file.file, {
    ...{ sourceTable: 'bureau', transientUri, columns: ['SK_ID_CURR'], compression: 'none', notes: [] },
  });
  return file;
}

export const outcomes = async (database: Database): Promise<Record<string, string>> => {
  const { rows } = await database.query('select landing_key, outcome from file order by file');
  return Object.fromEntries(rows.map((row) => [row.landing_key, row.outcome]));
};

export function load(run: number, layer: LayerLoad['layer'], changes: Partial<LayerLoad> = {}): LayerLoad {
  return {
    ...{ run, layer, clusterId: 'j-1', stepId: `s-${layer}`, metricsUri: `s3://lake-controle/${layer}/metrics.json` },
    ...{ startedAt: '2026-01-05T09:00:00Z', endedAt: '2026-01-05T09:01:00Z' },
    ...{ tables: [], audits: [], rawFiles: [], fileCounts: [] },
    ...changes,
  };
}

/** What trusted and refined leave behind before a publication: one table each, moved to these snapshots. */
export async function written(
  database: Database,
  run: number,
  snapshots: { from: string | null; to: string },
): Promise<void> {
  const { from: snapshotFrom, to: snapshotTo } = snapshots;
  const common = { seconds: 1, snapshotFrom, snapshotTo, conserved: true };
  const none = { updated: 0, unchanged: 0, superseded: 0, quarantined: 0, erased: 0 };
  const trusted: TableLoad = { ...common, ...none, table: 'bureau', rowsRaw: 3, inserted: 3, totalRows: 30 };
  await recordLayer(database, load(run, 'trusted', { tables: [trusted] }));
  await recordLayer(database, load(run, 'refined', { tables: [{ ...common, table: 'taxa', rowsWritten: 4 }] }));
}
