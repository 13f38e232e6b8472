import type { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { manifestActivities } from '../../../activities/manifest.ts';
import { layerLoad, type Metrics } from '../../../activities/metrics.ts';
import { recordLayer, type TableLoad } from '../../../control-db/queries/loads.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import type { TrustedManifest } from '../../../spark/contract/manifest.ts';
import type { TrustedTable } from '../../../spark/contract/metrics.ts';
import { slotOf } from '../../../workflows/slot.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { load, open } from '../control-db/delivered.ts';
import { settings } from './settings.ts';

const [FIRST, SECOND] = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z'];

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

const raw: TableLoad = { table: 'bureau', seconds: 1, records: 9, rowsRaw: 9, unreadable: 0, conserved: true };

/** A run of the slot whose raw step loaded one file of bureau, and the manifest of its trusted step. */
async function trustedManifest(slot: string) {
  const { run, grant, attempt } = await open(database, slot, slot);
  const rawFiles = [{ table: 'bureau', uri: `s3://raw/${slot}`, bytes: 1 }];
  await recordLayer(database, load(run, 'raw', { tables: [raw], rawFiles }));
  const written: string[] = [];
  const send = async (command: PutObjectCommand) => written.push(String(command.input.Body));
  const { writeManifest } = manifestActivities({
    ...{ database, settings, s3: { send } as unknown as S3Client },
    artifacts: { hash: 'h', catalogue: 's3://a/catalogue.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
    catalogue: { trusted: { bureau: { name: 'bureau', source: 'bureau' }, loan: { name: 'loan', source: 'loan' } } },
  } as unknown as Lake);
  const context = { run, slot: slotOf(new Date(slot)), attempt, grant, kind: 'scheduled' as const };
  await writeManifest({ context, step: 'trusted' });
  return { run, grant, manifest: JSON.parse(written[0] ?? '') as TrustedManifest };
}

/** What the trusted step says of its table, put into the control database as its metrics are. */
async function publishTrusted(run: number, grant: number): Promise<void> {
  const table = {
    ...{ table: 'bureau', seconds: 1, bytes: 1, rowsRaw: 9, inserted: 8, updated: 0, unchanged: 1, superseded: 0 },
    ...{ quarantined: 0, erased: 0, conflicting: 0, totalRows: 8, snapshotFrom: '1', snapshotTo: '2', badRows: {} },
    profile: { rows: 8, nulls: { credit_active: 2 } },
  } satisfies TrustedTable;
  const metrics = {
    ...{ format: 1, slot: slotOf(new Date(FIRST)), attempt: 1, applicationId: 'local-1', audits: [] },
    ...{ startedAt: FIRST, endedAt: FIRST, layer: 'trusted', tables: [table] },
  } satisfies Metrics;
  await recordLayer(
    database,
    layerLoad(metrics, { run, clusterId: 'j-1', stepId: 's-1', metricsUri: 's3://m', trusted: {} }),
  );
  await completePublication(database, (await planPublication(database, run, grant)).publication);
}

test('before the first publication a table has an empty history, and no table ever came', async () => {
  const { manifest } = await trustedManifest(FIRST);
  expect(manifest.tables[0]?.history).toEqual({ delivered: [], profiled: 0, columns: {} });
  expect(manifest.lastArrivals).toEqual([
    { table: 'bureau', slotInstant: null },
    { table: 'loan', slotInstant: null },
  ]);
});

test('what a published trusted step told of its rows is in the manifest of the next one', async () => {
  const { run, grant } = await trustedManifest(FIRST);
  await publishTrusted(run, grant);
  const { manifest } = await trustedManifest(SECOND);
  expect(manifest.tables[0]?.history).toEqual({
    ...{ delivered: [9], profiled: 1 },
    columns: { credit_active: { rows: 8, nulls: 2 } },
  });
  expect(manifest.lastArrivals).toEqual([
    { table: 'bureau', slotInstant: FIRST },
    { table: 'loan', slotInstant: null },
  ]);
});
