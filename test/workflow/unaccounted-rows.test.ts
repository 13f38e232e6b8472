import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createActivities, type Lake } from '../../activities/index.ts';
import { splitUri, stepFolder } from '../../activities/places.ts';
import { BUCKET_PREFIX } from '../../infra/local/stack/buckets.ts';
import type { RawMetrics, RefinedMetrics, TrustedMetrics, TrustedTable } from '../../spark/contract/metrics.ts';
import type { LakeActivities, RunContext } from '../../workflows/types.ts';
import { startLandingLake } from '../unit/activities/landing-lake.ts';
import { settings } from '../unit/activities/settings.ts';
import { fakeLake } from './fake-lake.ts';
import { failureOf, type Handle, onTimeSkippingServer, type Play, resultOf } from './play-run.ts';

// Three records: two in the first file, one in the second.
const FILES = {
  'bureau_balance/a.csv': 'SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n5001,-1,0\n5002,-1,C\n',
  'bureau_balance/b.csv': 'SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n5003,-1,0\n',
};
/** A slot after which no file of the test was delivered, whatever the clocks of server and test say. */
const SLOT = new Date('2100-01-01T09:00:00Z');

type Told = { files: [rows: number, unreadable: number][]; read: number };
const BALANCED: Told = {
  files: [
    [2, 0],
    [1, 0],
  ],
  read: 3,
};

let stored: Awaited<ReturnType<typeof startLandingLake>>;
beforeAll(async () => {
  stored = await startLandingLake();
}, 60_000);
beforeEach(async () => {
  await stored.empty();
  for (const [key, body] of Object.entries(FILES)) await stored.put(key, body);
});
afterAll(() => stored?.stop(), 30_000);

const play: Play = onTimeSkippingServer();

/** The run's real activities over a real S3 and a real control database; in place of Spark, steps that say this of their rows. */
function lakeWhoseSteps(told: Told) {
  const s3 = stored.client();
  const real = createActivities({
    ...{ s3, database: stored.database, catalogue: stored.catalogue },
    settings: { ...settings, bucketPrefix: BUCKET_PREFIX },
    artifacts: { hash: 'h', catalogue: 's3://a/catalogue.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
  } as unknown as Lake);
  const runStep: LakeActivities['runStep'] = async ({ context, step }) => {
    if (step === 'raw' || step === 'trusted' || step === 'refined') {
      const uri = `${stepFolder(BUCKET_PREFIX, context, step)}/metrics.json`;
      const metrics = { raw: rawMetrics, trusted: trustedMetrics, refined: refinedMetrics }[step];
      await s3.send(new PutObjectCommand({ ...splitUri(uri), Body: JSON.stringify(await metrics(context, told)) }));
    }
    return { stepId: `s-${step}` };
  };
  const { openRun, closeRun, recordLayer, judge, detectDelivery, writeManifest } = real;
  const recorded: LakeActivities['recordLayer'] = async (request) =>
    request.step === 'publish' ? { step: 'publish', seconds: 1, tables: [], files: null } : recordLayer(request);
  const { planPublication, completePublication, confirmPublication } = real;
  return fakeLake({
    ...{ openRun, closeRun, recordLayer: recorded, judge, detectDelivery, runStep },
    ...{ writeManifest, planPublication, completePublication, confirmPublication },
  });
}

const head = (context: RunContext) => ({
  ...{ format: 1 as const, slot: context.slot, attempt: context.attempt, applicationId: 'local-1', audits: [] },
  ...{ startedAt: '2100-01-01T09:00:00Z', endedAt: '2100-01-01T09:01:00Z' },
});

async function rawMetrics(context: RunContext, { files }: Told): Promise<RawMetrics> {
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

async function trustedMetrics(context: RunContext, { read }: Told): Promise<TrustedMetrics> {
  const table: TrustedTable = {
    ...{ table: 'bureau_balance', seconds: 1, bytes: 50, rowsRaw: read, inserted: read, updated: 0, unchanged: 0 },
    ...{ superseded: 0, conflicting: 0, quarantined: 0, erased: 0, totalRows: read, badRows: {} },
    ...{ snapshotFrom: '0', snapshotTo: '1' },
  };
  return { ...head(context), layer: 'trusted', tables: [table] };
}

const refinedMetrics = async (context: RunContext): Promise<RefinedMetrics> => ({
  ...head(context),
  ...{ layer: 'refined', tables: [] },
});

const all = async (sql: string) => (await stored.database.query(sql)).rows;

test('a run names what is held in its own warnings: readers of its slot lack those rows', async () => {
  const reason = await play(lakeWhoseSteps({ ...BALANCED, read: 2 }), failureOf, SLOT);
  for (const [key, body] of Object.entries(FILES)) await stored.put(`${key}.csv`, body);
  const lake = lakeWhoseSteps(BALANCED);
  const details = async (handle: Handle) => {
    await handle.result();
    return handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  };
  const { currentDetails } = await play(lake, details, new Date('2100-01-01T21:00:00Z'));
  expect(currentDetails).toContain('**published**');
  expect(currentDetails).toContain(
    `- slot 21000101T090000Z is held, so that readers lack 2 files of bureau_balance: ${reason?.message.slice(0, 200)}`,
  );
});

describe('a run', () => {
  test('that accounts for every row is published', async () => {
    const lake = lakeWhoseSteps(BALANCED);
    expect(await play(lake, resultOf, SLOT)).toMatchObject({ outcome: 'published' });
    expect(await all('select outcome, conserved from file')).toEqual(
      Array(2).fill({ outcome: 'accepted', conserved: true }),
    );
  });

  test.each([
    [
      'of which trusted did not read a row that raw wrote',
      { ...BALANCED, read: 2 },
      'trusted.bureau_balance: rows are not conserved: raw recorded 3 records of bureau_balance with 0 unreadable lines, so 3 rows, but 2 were read',
    ],
    [
      'of which one file has a row too many and another one too few',
      {
        ...BALANCED,
        files: [
          [3, 0],
          [0, 0],
        ],
      } as Told,
      'raw.bureau_balance: rows are not conserved: file bureau_balance/a.csv has 2 records, but 3 rows and 0 unreadable lines; ' +
        'raw.bureau_balance: rows are not conserved: file bureau_balance/b.csv has 1 records, but 0 rows and 0 unreadable lines',
    ],
    [
      'of which raw lost a record',
      {
        files: [
          [1, 0],
          [1, 0],
        ],
        read: 2,
      } as Told,
      'raw.bureau_balance: rows are not conserved: 3 records, but 2 rows and 0 unreadable lines',
    ],
  ])(
    '%s fails: it publishes nothing, holds the files, keeps the figures and says what to do',
    async (_what, told, sentence) => {
      const lake = lakeWhoseSteps(told);
      const cause = await play(lake, failureOf, SLOT);

      expect(cause).toMatchObject({ type: 'FailedAudit', message: expect.stringContaining(sentence) });
      expect(cause?.message).toMatch(
        /nothing was published and the files are held: compare these figures with the metrics/,
      );
      expect(lake.calls).not.toContainEqual(expect.stringMatching(/^planPublication|^runStep publish|^announce/));
      expect(await all('select from publication')).toEqual([]);
      expect(await all('select state, message from run')).toEqual([{ state: 'failed', message: cause?.message }]);
      expect(await all('select outcome, reason from file')).toEqual(
        Array(2).fill({ outcome: 'held', reason: cause?.message }),
      );
      const figures = await all(`select rows_raw::int as rows, unreadable::int from file order by landing_key`);
      expect(figures).toEqual(told.files.map(([rows, unreadable]) => ({ rows, unreadable })));
      expect(await all(`select rows_raw::int as read from table_load where layer = 'trusted'`)).toEqual([
        { read: told.read },
      ]);
    },
  );
});
