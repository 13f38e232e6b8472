import type { LayerLoad, TableLoad } from '../control-db/queries/loads.ts';
import type {
  PublishMetrics,
  RawMetrics,
  RawTable,
  RefinedMetrics,
  RefinedTable,
  TrustedMetrics,
  TrustedTable,
} from '../spark/contract/metrics.ts';
import type { LayerSummary, TableSummary } from '../workflows/types.ts';
import { refusalSentence } from './refusal.ts';

/** Of the steps of a run. (A rebuild is no step of a run: nothing of it goes into the ledger.) */
export type Metrics = RawMetrics | TrustedMetrics | RefinedMetrics | PublishMetrics;

type Where = Pick<LayerLoad, 'run' | 'clusterId' | 'stepId' | 'metricsUri'>;

/** The catalogue's tables of trusted, for the source of each. */
type Trusted = Record<string, { source: string }>;

/** A step's metrics as rows of the control database. Each term comes from where it arose; none is the rest of the others. */
export function layerLoad(metrics: Metrics, { trusted, ...where }: Where & { trusted: Trusted }): LayerLoad {
  const common = { ...where, startedAt: metrics.startedAt, endedAt: metrics.endedAt, audits: metrics.audits };
  const none = { rawFiles: [], fileCounts: [] };
  switch (metrics.layer) {
    case 'raw':
      return {
        ...common,
        layer: 'raw',
        tables: metrics.tables.map(rawLoad),
        rawFiles: metrics.tables.flatMap(({ table, outputs }) =>
          outputs.map(({ uri, bytes }) => ({ table, uri, bytes })),
        ),
        fileCounts: metrics.tables.flatMap(({ files }) =>
          files.map(({ id, records, rows, unreadable, refused }) => ({
            ...{ file: id, records, rows, unreadable },
            refusal: refused === null ? null : refusalSentence(refused),
          })),
        ),
      };
    case 'trusted':
      return {
        ...common,
        ...none,
        layer: 'trusted',
        tables: metrics.tables.map((found) => ({ ...trustedLoad(found), source: trusted[found.table]?.source })),
      };
    case 'refined':
      return { ...common, ...none, layer: 'refined', tables: metrics.tables.map(refinedLoad) };
    case 'publish':
      return {
        ...common,
        ...none,
        layer: 'publish',
        tables: metrics.tables.map(({ table, seconds, from, to }) => ({
          table,
          seconds,
          snapshotFrom: from,
          snapshotTo: to,
          conserved: true,
        })),
      };
  }
}

function rawLoad({ table, seconds, bytes, rows, files }: RawTable): TableLoad {
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const unreadable = files.reduce((sum, file) => sum + file.unreadable, 0);
  return { table, seconds, bytes, records, rowsRaw: rows, unreadable, conserved: records === rows + unreadable };
}

function trustedLoad(found: TrustedTable): TableLoad {
  const { table, seconds, bytes, rowsRaw, inserted, updated, unchanged, superseded, conflicting, quarantined, erased } =
    found;
  return {
    ...{ table, seconds, bytes, rowsRaw, inserted, updated, unchanged, superseded, conflicting, quarantined, erased },
    totalRows: found.totalRows,
    snapshotFrom: found.snapshotFrom,
    snapshotTo: found.snapshotTo,
    conserved: rowsRaw === inserted + updated + unchanged + superseded + quarantined + erased,
    ...(found.profile === undefined ? {} : { profile: found.profile }),
  };
}

function refinedLoad({ table, seconds, bytes, rows, snapshotFrom, snapshotTo }: RefinedTable): TableLoad {
  return { table, seconds, bytes, rowsWritten: rows, snapshotFrom, snapshotTo, conserved: true };
}

/** The figures that the web UI shows. */
export function summarise(metrics: Metrics): LayerSummary {
  const seconds = Math.round((Date.parse(metrics.endedAt) - Date.parse(metrics.startedAt)) / 100) / 10;
  return {
    step: metrics.layer,
    seconds,
    tables: tableSummaries(metrics),
    files: metrics.layer === 'raw' ? fileSummary(metrics) : null,
  };
}

function fileSummary({ tables }: RawMetrics): { loaded: number; refused: number } {
  const files = tables.flatMap((table) => table.files);
  const refused = files.filter((file) => file.refused !== null).length;
  return { loaded: files.length - refused, refused };
}

function tableSummaries(metrics: Metrics): TableSummary[] {
  switch (metrics.layer) {
    case 'raw':
      return metrics.tables.map(({ table, rows, files, seconds }) => ({
        ...{ table, rows, seconds, changed: null },
        bad: files.reduce((sum, file) => sum + file.unreadable, 0),
      }));
    case 'trusted':
      return metrics.tables.map(({ table, totalRows, inserted, updated, quarantined, seconds }) => ({
        ...{ table, rows: totalRows, seconds, changed: inserted + updated, bad: quarantined },
      }));
    case 'refined':
      return metrics.tables.map(({ table, rows, seconds }) => ({ table, rows, seconds, changed: null, bad: null }));
    case 'publish':
      return [];
  }
}
