import * as files from '../control-db/queries/files.ts';
import * as loads from '../control-db/queries/loads.ts';
import * as publications from '../control-db/queries/publications.ts';
import { tableHistories } from '../control-db/queries/table-history.ts';
import type {
  Manifest,
  PublishManifest,
  RawManifest,
  RefinedManifest,
  TrustedManifest,
} from '../spark/contract/manifest.ts';
import { branchOf, instantOf, tagOf } from '../workflows/slot.ts';
import type { LakeActivities, RunContext, StepName } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { bucket, putJson, stepFolder, tableLocations } from './places.ts';

/** Manifests: what a step is told. They are made from the control database alone, so that a repetition writes the same again. */
export function manifestActivities(lake: Lake): Pick<LakeActivities, 'writeManifest'> {
  return {
    async writeManifest({ context, step }) {
      const { bucketPrefix } = lake.settings;
      const folder = stepFolder(bucketPrefix, context, step);
      const manifest = `${folder}/manifest.json`;
      const content: Manifest = {
        format: 1,
        slot: context.slot,
        slotInstant: instantOf(context.slot),
        attempt: context.attempt,
        grant: context.grant,
        catalogue: lake.artifacts.catalogue,
        branch: branchOf(context.slot),
        metrics: `${folder}/metrics.json`,
        progress: `${folder}/progress.json`,
        locations: tableLocations(bucketPrefix),
        ...(await PARTS[step](lake, context)),
      };
      await putJson(lake.s3, manifest, content);
      return { manifest };
    },
  };
}

type Part =
  | Pick<RawManifest, 'layer' | 'tables'>
  | Pick<TrustedManifest, 'layer' | 'tables' | 'lastArrivals'>
  | Pick<RefinedManifest, 'layer' | 'tables' | 'written'>
  | Pick<PublishManifest, 'layer' | 'publication' | 'tag' | 'tables'>;

const PARTS: Record<StepName, (lake: Lake, context: RunContext) => Promise<Part>> = {
  async raw(lake, context) {
    const tables = await acceptedFiles(lake, context);
    return {
      layer: 'raw',
      tables: [...tables].map(([table, delivered]) => ({
        table,
        output: `s3://${bucket(lake.settings.bucketPrefix, 'raw')}/${table}/slot=${context.slot}/attempt=${context.attempt}/`,
        files: delivered.map((file) => ({
          id: file.file,
          uri: file.transientUri ?? '',
          landingKey: file.landingKey,
          arrival: file.arrivedAt.toISOString(),
          bytes: file.bytes,
          compression: file.compression ?? 'none',
          columns: file.columns ?? [],
        })),
      })),
    };
  },

  async trusted(lake, context) {
    const base = await publications.bases(lake.database);
    const loaded = await loadedTables(lake, context);
    const accepted = await acceptedFiles(lake, context);
    const histories = await tableHistories(lake.database, new Date(instantOf(context.slot)));
    return {
      layer: 'trusted',
      tables: loaded.map(({ name, raw }) => {
        const { delivered = [], profiled = 0, columns = {} } = histories.get(name) ?? {};
        return {
          table: name,
          rawFiles: raw.uris,
          base: base.get(`trusted.${name}`) ?? null,
          records: raw.records,
          unreadable: raw.unreadable,
          files: (accepted.get(raw.table) ?? []).map(({ file, transientUri }) => ({
            id: file,
            uri: transientUri ?? '',
          })),
          history: { delivered, profiled, columns },
        };
      }),
      lastArrivals: Object.keys(lake.catalogue.trusted).map((table) => ({
        table,
        slotInstant: histories.get(table)?.lastSlot.toISOString().replace('.000Z', 'Z') ?? null,
      })),
    };
  },

  async refined(lake, context) {
    const base = await publications.bases(lake.database);
    const loaded = await loadedTables(lake, context);
    return {
      layer: 'refined',
      tables: Object.keys(lake.catalogue.refined).map((table) => ({
        table,
        base: base.get(`refined.${table}_dados`) ?? null,
      })),
      written: loaded.map(({ name }) => name),
    };
  },

  async publish(lake, context) {
    const { publication, tables } = await publications.publicationOfRun(lake.database, context.run);
    return {
      layer: 'publish',
      publication,
      tag: tagOf(context.slot),
      tables: tables.map(({ table, from, to }) => ({ table, from, to })),
    };
  },
};

/** The files that this run loads, by source table. */
async function acceptedFiles(lake: Lake, context: RunContext): Promise<Map<string, files.FileRow[]>> {
  const accepted = (await files.filesOfRun(lake.database, context.run)).filter((file) => file.outcome === 'accepted');
  return Map.groupBy(accepted, (file) => file.sourceTable ?? '');
}

/** The trusted tables that this run writes, each with its raw files. */
async function loadedTables(lake: Lake, context: RunContext): Promise<{ name: string; raw: loads.RawTableFiles }[]> {
  const raw = new Map((await loads.rawTables(lake.database, context.run)).map((table) => [table.table, table]));
  return Object.values(lake.catalogue.trusted).flatMap(({ name, source }) => {
    const found = raw.get(source);
    return found ? [{ name, raw: found }] : [];
  });
}
