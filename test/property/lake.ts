import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Lake } from '../../activities/index.ts';
import type { CompiledCatalogue } from '../../catalog/types.ts';
import { choosePorts } from '../../infra/local/stack/ports.ts';
import { stopPart } from '../../infra/local/stack/process.ts';
import { ACCESS_KEY, REGION, SECRET_KEY, startS3 } from '../../infra/local/stack/s3.ts';
import { localSparkDefaults } from '../../infra/local/stack/spark-defaults.ts';
import { shipArtifacts } from '../../workers/artifacts.ts';
import { slotOf } from '../../workflows/slot.ts';
import type { LakeActivities, RunOutcome } from '../../workflows/types.ts';
import { startTestPostgres } from '../postgres.ts';
import { settings } from '../unit/activities/settings.ts';
import { cutCatalogue } from './catalogue.ts';
import type { PlayedSlot } from './files.ts';
import { type Sequence, type Step, THRESHOLDS } from './sequence.ts';
import { startSpark } from './spark.ts';

export type TestLake = Awaited<ReturnType<typeof startLake>>;

/**
 * The lake without Temporal, EMR, Glue and Athena: the real activities over a real S3 and a real control database, and the
 * real jobs in one Spark session. A sequence finds it empty.
 */
export async function startLake() {
  const folder = await mkdtemp(join(tmpdir(), 'podlake-property-'));
  const { s3: port } = await choosePorts(false);
  const endpoint = `http://127.0.0.1:${port}`;
  const program = process.env['PODLAKE_VERSITYGW'] ?? 'versitygw';
  const [s3Part, postgres, spark] = await Promise.all([
    startS3({ program, folder, port, log: join(folder, 's3.log') }),
    startTestPostgres(),
    startSpark(
      localSparkDefaults({ endpoint, s3Endpoint: endpoint, scratch: join(folder, 'spark') }),
      join(folder, 'spark.log'),
    ),
  ]);
  const s3 = new S3Client({
    ...{ region: REGION, endpoint, forcePathStyle: true },
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  const catalogue = cutCatalogue(THRESHOLDS);
  const seconds: Record<string, number> = {};
  const timed = async <T>(part: string, work: Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work;
    seconds[part] = (seconds[part] ?? 0) + (performance.now() - started) / 1000;
    return result;
  };
  let sequences = 0;

  return {
    database: postgres.database,
    spark,
    /** Where the time went, by part, over all sequences. */
    seconds,
    /** Plays the slots one after the other, as `dataLakeRun` does, in buckets of their own. */
    async play(slots: PlayedSlot[], waiting: Sequence['waiting']): Promise<void> {
      sequences += 1;
      const bucketPrefix = `sequence-${sequences}`;
      await postgres.empty();
      await timed('forget', spark.forget());
      for (const name of ['landing', 'transient', 'raw', 'trusted', 'refined', 'controle']) {
        await s3.send(new CreateBucketCommand({ Bucket: `${bucketPrefix}-${name}` }));
      }
      const own = withWaiting(catalogue, waiting);
      const lake = {
        ...{ s3, database: postgres.database, catalogue: own, settings: { ...settings, bucketPrefix } },
        artifacts: await shipArtifacts(s3, `${bucketPrefix}-controle`, own),
      };
      // What EMR, Glue and Athena would be asked for is not played here, so that they need no clients.
      const activities = inActivity(createActivities(lake as unknown as Lake));
      const Bucket = `${bucketPrefix}-landing`;
      for (const slot of slots) {
        for (const { key, arrival, bytes } of slot.delivered) {
          await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: bytes }));
          await utimes(join(folder, 's3', Bucket, key), arrival, arrival);
        }
        await timed(
          'slots',
          playSlot(activities, slot, (step, manifest) => timed(step, spark.step(step, manifest))),
        );
      }
      for (const name of ['landing', 'transient', 'raw', 'trusted', 'refined', 'controle']) {
        await rm(join(folder, 's3', `${bucketPrefix}-${name}`), { recursive: true });
      }
    },
    async stop(): Promise<void> {
      await spark.stop();
      await postgres.stop();
      await stopPart(s3Part);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The calls of `dataLakeRun` in its order. */
async function playSlot(
  activities: LakeActivities,
  slot: PlayedSlot,
  runStep: (step: Step, manifest: string) => Promise<void>,
): Promise<void> {
  const name = slotOf(slot.instant);
  const opening = await activities.openRun({ slot: name, kind: 'scheduled', workflowId: name, runId: name });
  if (opening.decision !== 'proceed' || opening.cut)
    throw new Error(`slot ${name} was not let in: ${opening.decision}`);
  const { context } = opening;
  const close = (outcome: RunOutcome, message: string) => activities.closeRun({ context, outcome, message });
  const step = async (of: Step) => {
    const { manifest } = await activities.writeManifest({ context, step: of });
    for (let times = slot.repeated === of ? 2 : 1; times > 0; times -= 1) await runStep(of, manifest);
    return activities.recordLayer({ context, step: of, clusterId: 'none', stepId: `${name} ${of}` });
  };

  const arrivedBy = slot.instant.toISOString();
  let delivery = await activities.detectDelivery({ context, arrivedBy });
  if (slot.repeated === 'detect') delivery = await activities.detectDelivery({ context, arrivedBy });
  if (slot.cancelled) return close('cancelled', 'cancelled by the test');
  if (delivery.accepted === 0) return close('empty', 'nothing to do');
  const raw = await step('raw');
  if (raw.files?.loaded === 0) return close('empty', 'all files were refused');
  await step('trusted');
  await step('refined');
  const verdict = await activities.judge(context);
  if (!verdict.passed) return close('failed', verdict.failures.join('; '));
  const { publication } = await activities.planPublication(context);
  await step('publish');
  await activities.completePublication(publication);
  await activities.confirmPublication(publication);
  const refused = delivery.refused + (raw.files?.refused ?? 0);
  return close(refused > 0 ? 'published_with_refusals' : 'published', '');
}

function withWaiting(catalogue: CompiledCatalogue, waiting: Sequence['waiting']): CompiledCatalogue {
  const table = waiting === null ? undefined : catalogue.trusted[waiting];
  if (!table) return catalogue;
  const trusted = { ...catalogue.trusted, [table.name]: { ...table, onHeldDelivery: 'wait' as const } };
  return { ...catalogue, trusted };
}

/** Each activity in the surroundings that Temporal gives it. */
function inActivity(activities: LakeActivities): LakeActivities {
  const logger = new DefaultLogger('ERROR', () => undefined);
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    (...args: never[]) =>
      new MockActivityEnvironment({}, { logger }).run(activity as (...args: never[]) => Promise<unknown>, ...args),
  ]);
  return Object.fromEntries(wrapped) as LakeActivities;
}
