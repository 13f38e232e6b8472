import * as files from '../control-db/queries/files.ts';
import * as loads from '../control-db/queries/loads.ts';
import * as publications from '../control-db/queries/publications.ts';
import { branchOf, instantOf, tagOf } from '../workflows/slot.ts';
import type { LakeActivities, RunContext, StepName } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { bucket, putJson, stepFolder } from './places.ts';

/** Manifests: what a step is told. They are made from the control database alone, so that a repetition writes the same again. */
export function manifestActivities(lake: Lake): Pick<LakeActivities, 'writeManifest'> {
  return {
    async writeManifest({ context, step }) {
      const { bucketPrefix } = lake.settings;
      const folder = stepFolder(bucketPrefix, context, step);
      const manifest = `${folder}/manifest.json`;
      await putJson(lake.s3, manifest, {
        format: 1,
        slot: context.slot,
        slotInstant: instantOf(context.slot),
        attempt: context.attempt,
        grant: context.grant,
        layer: step,
        catalogue: lake.artifacts.catalogue,
        branch: branchOf(context.slot),
        metrics: `${folder}/metrics.json`,
        progress: `${folder}/progress.json`,
        locations: {
          trusted: `s3://${bucket(bucketPrefix, 'trusted')}`,
          refined: `s3://${bucket(bucketPrefix, 'refined')}`,
          controle: `s3://${bucket(bucketPrefix, 'controle')}`,
        },
        ...(await PARTS[step](lake, context)),
      });
      return { manifest };
    },
  };
}

const PARTS: Record<StepName, (lake: Lake, context: RunContext) => Promise<object>> = {
  async raw(lake, context) {
    const accepted = (await files.filesOfRun(lake.database, context.run)).filter((file) => file.outcome === 'accepted');
    const tables = Map.groupBy(accepted, (file) => file.sourceTable ?? '');
    return {
      tables: [...tables].map(([table, delivered]) => ({
        table,
        output: `s3://${bucket(lake.settings.bucketPrefix, 'raw')}/${table}/slot=${context.slot}/attempt=${context.attempt}/`,
        files: delivered.map((file) => ({
          id: file.file,
          uri: file.transientUri,
          landingKey: file.landingKey,
          arrival: file.arrivedAt.toISOString(),
          bytes: file.bytes,
          compression: file.compression,
          columns: file.columns,
        })),
      })),
    };
  },

  async trusted(lake, context) {
    const raw = await loads.rawFiles(lake.database, context.run);
    const base = await publications.bases(lake.database);
    const tables = Object.values(lake.catalogue.trusted)
      .filter(({ source }) => raw.has(source))
      .map(({ name, source }) => ({
        table: name,
        rawFiles: raw.get(source),
        base: base.get(`trusted.${name}`) ?? null,
      }));
    return { tables };
  },

  async refined(lake, context) {
    const raw = await loads.rawFiles(lake.database, context.run);
    const base = await publications.bases(lake.database);
    return {
      tables: Object.keys(lake.catalogue.refined).map((table) => ({
        table,
        base: base.get(`refined.${table}_dados`) ?? null,
      })),
      written: Object.values(lake.catalogue.trusted)
        .filter(({ source }) => raw.has(source))
        .map(({ name }) => name),
    };
  },

  async publish(lake, context) {
    const { publication, tables } = await publications.publicationOfRun(lake.database, context.run);
    return {
      publication,
      tag: tagOf(context.slot),
      tables: tables.map(({ table, from, to }) => ({ table, from, to })),
    };
  },
};
