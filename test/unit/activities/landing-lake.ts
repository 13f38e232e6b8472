import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Lake } from '../../../activities/context.ts';
import { landingActivities } from '../../../activities/landing.ts';
import { splitUri } from '../../../activities/places.ts';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { closeRun } from '../../../control-db/queries/runs.ts';
import { BUCKET_PREFIX, makeBuckets } from '../../../infra/local/stack/buckets.ts';
import { choosePorts } from '../../../infra/local/stack/ports.ts';
import { stopPart } from '../../../infra/local/stack/process.ts';
import { ACCESS_KEY, REGION, SECRET_KEY, startS3 } from '../../../infra/local/stack/s3.ts';
import type { DeliverySummary } from '../../../workflows/types.ts';
import { startTestPostgres } from '../../postgres.ts';
import { open } from '../control-db/delivered.ts';
import { settings } from './settings.ts';

const Bucket = `${BUCKET_PREFIX}-landing`;

export type Entry = {
  key: string;
  outcome: string;
  table: string | null;
  reason: string | null;
  notes: string[];
  uri: string | null;
};

/** The landing activity over a real S3 and a real control database, without the rest of the lake. */
export async function startLandingLake() {
  const folder = await mkdtemp(join(tmpdir(), 'podlake-landing-'));
  const { s3: port } = await choosePorts(false);
  const endpoint = `http://127.0.0.1:${port}`;
  const program = process.env['PODLAKE_VERSITYGW'] ?? 'versitygw';
  const part = await startS3({ program, folder, port, log: join(folder, 's3.log') });
  await makeBuckets(endpoint);
  const client = () =>
    new S3Client({
      ...{ region: REGION, endpoint, forcePathStyle: true },
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    });
  const s3 = client();
  const postgres = await startTestPostgres();
  const { database } = postgres;
  const catalogue = compileCatalogue(loadCatalogue());
  let slots = 0;
  const keys = async (): Promise<string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };

  return {
    database,
    catalogue,
    client,
    /** Leaves no file in landing and no row in the ledger: a file that comes twice in a second is one to S3. */
    async empty(): Promise<void> {
      await postgres.empty();
      for (const Key of await keys()) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async put(key: string, body: Buffer | string): Promise<void> {
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }));
    },
    inLanding: keys,
    async read(uri: string | null): Promise<Buffer> {
      const { Body } = await s3.send(new GetObjectCommand(splitUri(uri ?? '')));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    /** A run of the next slot, which `detect` plays; `through` is the client that it is given. */
    async run() {
      slots += 1;
      const slot = new Date(Date.UTC(2026, 0, slots, 9));
      const { run } = await open(database, slot.toISOString(), `run ${slots}`);
      const name = slot.toISOString().replaceAll(/[-:]|\.000/g, '');
      const context = { run, slot: name, attempt: 1, grant: slots, kind: 'scheduled' as const };
      return {
        slot: name,
        /** Ends the run as published, so that its files stay its own when the next one opens. */
        close: () => closeRun(database, run, 'published', ''),
        /** Ends the run as failed, which holds its files. */
        fail: () => closeRun(database, run, 'failed', 'an audit failed'),
        async detect(through: S3Client = s3): Promise<DeliverySummary> {
          const lake = { s3: through, database, catalogue, settings: { ...settings, bucketPrefix: BUCKET_PREFIX } };
          const { detectDelivery } = landingActivities(lake as unknown as Lake);
          const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR', () => undefined) });
          // Everything that lies in landing has arrived, whatever the clocks of server and test say.
          return environment.run(detectDelivery, { context, arrivedBy: '2100-01-01T00:00:00Z' });
        },
        async ledger(): Promise<Record<string, Entry>> {
          const { rows } = await database.query<Entry>(
            `select landing_key as key, outcome, source_table as table, reason, notes, transient_uri as uri
             from file where run = $1`,
            [run],
          );
          return Object.fromEntries(rows.map((row) => [row.key, row]));
        },
      };
    },
    async stop(): Promise<void> {
      await postgres.stop();
      await stopPart(part);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
