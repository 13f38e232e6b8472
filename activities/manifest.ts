import * as backfills from '../control-db/queries/backfills.ts';
import * as files from '../control-db/queries/files.ts';
import * as loads from '../control-db/queries/loads.ts';
import * as publications from '../control-db/queries/publications.ts';
import { tableHistories } from '../control-db/queries/table-history.ts';
import type {
  BackfillManifest,
  Manifest,
  PublishManifest,
  RawManifest,
  RefinedManifest,
  Switch,
  TrustedManifest,
} from '../spark/contract/manifest.ts';
import { branchOf, instantOf, slotOf, tagOf } from '../workflows/slot.ts';
import type { LakeActivities, RunContext, StepName } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { bucket, putJson, stepFolder, tableLocations } from './places.ts';

/** Manifests: what a step is told. They are made from the control database alone, so that a repetition writes the same again. */
export function manifestActivities(lake: Lake): Pick<LakeActivities, 'writeManifest'> {
  return {
    async writeManifest({ context, step }) {
      const part = await PARTS[step](lake, context);
      return {
        manifest: await putManifest(lake, context, stepFolder(lake.settings.bucketPrefix, context, step), part),
      };
    },
  };
}

/** Writes a manifest into the folder where its step leaves metrics and progress; returns its address. */
export async function putManifest(lake: Lake, context: RunContext, folder: string, part: Part): Promise<string> {
  const manifest = `${folder}/manifest.json`;
  const content: Manifest = {
    format: 1,
    slot: context.slot,
    slotInstant: instantOf(context.slot),
    attempt: context.attempt,
    grant: context.grant,
    catalogue: lake.artifacts.catalogue,
    branch: branchOf(context),
    metrics: `${folder}/metrics.json`,
    progress: `${folder}/progress.json`,
    locations: tableLocations(lake.settings.bucketPrefix),
    ...part,
  };
  await putJson(lake.s3, manifest, content);
  return manifest;
}

export type Part =
  | Pick<RawManifest, 'layer' | 'tables' | 'backfill'>
  | Pick<TrustedManifest, 'layer' | 'tables' | 'lastArrivals' | 'backfill'>
  | Pick<RefinedManifest, 'layer' | 'tables' | 'written' | 'backfill'>
  | Pick<PublishManifest, 'layer' | 'publication' | 'tag' | 'tables' | 'switch'>
  | Pick<BackfillManifest, 'layer' | 'tables' | 'start' | 'discard'>;

const PARTS: Record<StepName, (lake: Lake, context: RunContext) => Promise<Part>> = {
  async raw(lake, context) {
    return rawPart(lake, context, await acceptedFiles(lake, context));
  },

  async trusted(lake, context) {
    const base = await publications.bases(lake.database);
    return trustedPart(lake, context, await loadedTables(lake, context), await acceptedFiles(lake, context), base);
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
    const { publication, backfill, tables } = await publications.publicationOfRun(lake.database, context.run);
    return {
      ...(backfill === null ? {} : { switch: await switchOf(lake, backfill, tables) }),
      layer: 'publish',
      publication,
      tag: tagOf(context.slot),
      tables: tables.map(({ table, from, to }) => ({ table, from, to })),
    };
  },
};

export function rawPart(
  lake: Lake,
  context: RunContext,
  tables: Map<string, files.FileRow[]>,
): Pick<RawManifest, 'layer' | 'tables'> {
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
}

/** A trusted table that is written, and the raw files that it is written from. */
export type LoadedTable = { name: string; raw: loads.RawTableFiles; reread?: boolean };

export async function trustedPart(
  lake: Lake,
  context: RunContext,
  loaded: LoadedTable[],
  accepted: Map<string, files.FileRow[]>,
  base: Map<string, string>,
): Promise<Pick<TrustedManifest, 'layer' | 'tables' | 'lastArrivals'>> {
  const histories = await tableHistories(lake.database, new Date(instantOf(context.slot)));
  return {
    layer: 'trusted',
    tables: loaded.map(({ name, raw, reread }) => {
      const { delivered = [], profiled = 0, columns = {} } = histories.get(name) ?? {};
      return {
        table: name,
        rawFiles: raw.uris,
        base: base.get(`trusted.${name}`) ?? null,
        records: raw.records,
        unreadable: raw.unreadable,
        files: (accepted.get(raw.table) ?? []).map(({ file, transientUri }) => ({ id: file, uri: transientUri ?? '' })),
        history: { delivered, profiled, columns },
        ...(reread === undefined ? {} : { reread }),
      };
    }),
    lastArrivals: Object.keys(lake.catalogue.trusted).map((table) => ({
      table,
      slotInstant: histories.get(table)?.lastSlot.toISOString().replace('.000Z', 'Z') ?? null,
    })),
  };
}

/** How the tables of a backfill are switched: by its plan alone, so that whoever completes it does the same. */
async function switchOf(lake: Lake, backfill: number, moved: publications.PlannedTable[]): Promise<Switch> {
  const played = await backfills.slotSnapshots(lake.database, backfill);
  const instant = (slot: Date) => instantOf(slotOf(slot));
  const every = [
    ...Object.keys(lake.catalogue.trusted).map((name) => `trusted.${name}`),
    ...Object.keys(lake.catalogue.refined).map((name) => `refined.${name}_dados`),
  ];
  return {
    tags: played.map(({ table, slot, snapshot }) => ({ table, tag: tagOf(slotOf(slot)), snapshot })),
    quarantine: [
      ...played
        .filter(({ layer }) => layer === 'trusted')
        .map(({ name, slot }) => ({ table: name, slotInstant: instant(slot), layer: 'trusted' as const })),
      ...(await backfills.reread(lake.database, backfill)).map(({ table, slot }) => ({
        ...{ table: table.toLowerCase(), slotInstant: instant(slot), layer: 'raw' as const },
      })),
    ],
    unmoved: every.filter((name) => !moved.some(({ table }) => table === name)),
  };
}

/** The files that this run loads, by source table. */
async function acceptedFiles(lake: Lake, context: RunContext): Promise<Map<string, files.FileRow[]>> {
  const accepted = (await files.filesOfRun(lake.database, context.run)).filter((file) => file.outcome === 'accepted');
  return Map.groupBy(accepted, (file) => file.sourceTable ?? '');
}

/** The trusted tables that this run writes, each with its raw files. */
async function loadedTables(lake: Lake, context: RunContext): Promise<LoadedTable[]> {
  const raw = new Map((await loads.rawTables(lake.database, context.run)).map((table) => [table.table, table]));
  return Object.values(lake.catalogue.trusted).flatMap(({ name, source }) => {
    const found = raw.get(source);
    return found ? [{ name, raw: found }] : [];
  });
}
