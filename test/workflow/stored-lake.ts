import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createActivities, type Lake } from '../../activities/index.ts';
import { splitUri, stepFolder } from '../../activities/places.ts';
import { BUCKET_PREFIX } from '../../infra/local/stack/buckets.ts';
import type { RawMetrics, RefinedMetrics, TrustedMetrics, TrustedTable } from '../../spark/contract/metrics.ts';
import type { LakeActivities, RunContext } from '../../workflows/types.ts';
import type { FakeEmr } from '../unit/activities/fake-emr.ts';
import type { startLandingLake } from '../unit/activities/landing-lake.ts';
import { settings } from '../unit/activities/settings.ts';

type Stored = Awaited<ReturnType<typeof startLandingLake>>;

// Three records: two in the first file, one in the second.
export const FILES = {
  'bureau_balance/a.csv': 'SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n5001,-1,0\n5002,-1,C\n',
  'bureau_balance/b.csv': 'SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n5003,-1,0\n',
};

/** What the steps say of the rows of FILES. */
export type Told = { files: [rows: number, unreadable: number][]; read: number };
export const BALANCED: Told = {
  files: [
    [2, 0],
    [1, 0],
  ],
  read: 3,
};

/**
 * The run's real activities over a real S3 and a real control database, and, where `emr` is given, on its clusters; in place of
 * Spark, steps that say this of their rows.
 */
export function storedActivities(stored: Stored, told: Told, emr?: FakeEmr): Partial<LakeActivities> {
  const s3 = stored.client();
  const real = createActivities({
    ...{ s3, database: stored.database, catalogue: stored.catalogue },
    ...(emr && { emr: emr.client('emr'), emrOnce: emr.client('once') }),
    settings: { ...settings, bucketPrefix: BUCKET_PREFIX },
    artifacts: { hash: 'h', catalogue: 's3://a/catalogue.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
  } as unknown as Lake);
  const runStep: LakeActivities['runStep'] = async (request) => {
    const { context, step } = request;
    if (step === 'raw' || step === 'trusted' || step === 'refined') {
      const uri = `${stepFolder(BUCKET_PREFIX, context, step)}/metrics.json`;
      const metrics = { raw: rawMetrics, trusted: trustedMetrics, refined: refinedMetrics }[step];
      await s3.send(
        new PutObjectCommand({ ...splitUri(uri), Body: JSON.stringify(await metrics(stored, context, told)) }),
      );
    }
    return emr ? real.runStep(request) : { stepId: `s-${step}` };
  };
  const recordLayer: LakeActivities['recordLayer'] = async (request) =>
    request.step === 'publish' ? { step: 'publish', seconds: 1, tables: [], files: null } : real.recordLayer(request);
  const { openRun, closeRun, judge, detectDelivery, writeManifest } = real;
  const { planPublication, completePublication, confirmPublication } = real;
  const { announcePublication, startCluster, endCluster, endOlderClusters } = real;
  return {
    ...{ openRun, closeRun, recordLayer, judge, detectDelivery, runStep, writeManifest },
    ...{ planPublication, completePublication, confirmPublication },
    ...(emr && { announcePublication, startCluster, endCluster, endOlderClusters }),
  };
}

const head = (context: RunContext) => ({
  ...{ format: 1 as const, slot: context.slot, attempt: context.attempt, applicationId: 'local-1', audits: [] },
  ...{ startedAt: '2100-01-01T09:00:00Z', endedAt: '2100-01-01T09:01:00Z' },
});

async function rawMetrics(stored: Stored, context: RunContext, { files }: Told): Promise<RawMetrics> {
  const { rows } = await stored.database.query<{ file: number }>(
    `select file::int from file where outcome = 'accepted' order by landing_key`,
  );
  const counted = rows.map(({ file }, at) => {
    const [written = 0, unreadable = 0] = files[at] ?? [];
    return { id: file, records: at === 0 ? 2 : 1, rows: written, unreadable, bytes: 100, refused: null };
  });
  const written = counted.reduce((sum, file) => sum + file.rows, 0);
  const outputs = [{ uri: 's3://lake-raw/bureau_balance/part-0.parquet', bytes: 50 }];
  const table = { table: 'bureau_balance', seconds: 1, bytes: 50, files: counted, rows: written, outputs };
  return { ...head(context), layer: 'raw', tables: [table] };
}

async function trustedMetrics(_stored: Stored, context: RunContext, { read }: Told): Promise<TrustedMetrics> {
  const table: TrustedTable = {
    ...{ table: 'bureau_balance', seconds: 1, bytes: 50, rowsRaw: read, inserted: read, updated: 0, unchanged: 0 },
    ...{ superseded: 0, conflicting: 0, quarantined: 0, erased: 0, totalRows: read, badRows: {} },
    ...{ snapshotFrom: '0', snapshotTo: '1' },
  };
  return { ...head(context), layer: 'trusted', tables: [table] };
}

const refinedMetrics = async (_stored: Stored, context: RunContext): Promise<RefinedMetrics> => ({
  ...head(context),
  ...{ layer: 'refined', tables: [] },
});
