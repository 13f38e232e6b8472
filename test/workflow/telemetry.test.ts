import { createServer } from 'node:net';
import { log } from '@temporalio/activity';
import { TypedSearchAttributes } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completePublication, planPublication } from '../../control-db/queries/publications.ts';
import { structuredLogger } from '../../workers/logger.ts';
import { installTelemetry, showSignsOfLife } from '../../workers/telemetry.ts';
import { SCHEDULED_START } from '../../workflows/search-attributes.ts';
import { startTestPostgres, type TestPostgres } from '../postgres.ts';
import { open } from '../unit/control-db/delivered.ts';
import { delivery, fakeLake, layer } from './fake-lake.ts';

const SLOT = '20260105T090000Z';
const WORKFLOW = 'data-lake-run-2026-01-05T09:00:00Z';
let address: string;
let postgres: TestPostgres;
let stop: () => Promise<void> = async () => undefined;
const lines: Record<string, unknown>[] = [];
const logger = structuredLogger('INFO', { write: (line) => void lines.push(JSON.parse(line)) });

beforeAll(async () => {
  address = `127.0.0.1:${await freePort()}`;
  postgres = await startTestPostgres();
  await installTelemetry({ log: { level: 'INFO' }, metrics: { prometheusAddress: address } }, logger);
  // After the logs and metrics of this process are set up: it would set up its own, which are silent.
  const { bundleWorkflows, startRun, startWorker, timeSkippingServer } = await import('./temporal.ts');
  const server = await timeSkippingServer();
  const lake = fakeLake({
    detectDelivery: async () => delivery({ files: 3, accepted: 2, refused: 1 }),
    recordLayer: async ({ step }) => layer(step),
    runStep: async ({ step }) => {
      log.info('Spark works');
      return { stepId: `s-${step}` };
    },
  });
  const taskQueue = 'lake';
  const worker = await startWorker({ server, workflowBundle: await bundleWorkflows() }, lake.activities, taskQueue);
  const nominal = new Date('2026-01-05T09:00:00Z');
  const typedSearchAttributes = new TypedSearchAttributes([{ key: SCHEDULED_START, value: nominal }]);
  // The SDK ends its metrics with its last worker.
  stop = async () => {
    await worker.stop();
    await server.teardown();
  };
  await (await startRun(server.client, { workflowId: WORKFLOW, taskQueue, typedSearchAttributes })).result();
});
afterAll(async () => {
  await stop();
  await postgres?.stop();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Samples of our metrics by name and labels, without those that the SDK adds to each. */
async function samples(): Promise<Record<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const found = [...text.matchAll(/^(podlake_\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels = '', value]) => {
    const own = [...labels.matchAll(/(kind|outcome|layer|table)="([^"]*)"/g)].map(([, key, text]) => `${key}=${text}`);
    return [`${name} ${own.sort().join(' ')}`.trim(), Number(value)];
  });
  return Object.fromEntries(found);
}

test('Prometheus is given runs by outcome, and what each layer took and did', async () => {
  expect(await samples()).toMatchObject({
    'podlake_runs_total kind=scheduled outcome=published_with_refusals': 1,
    'podlake_files_total outcome=accepted': 2,
    'podlake_files_total outcome=refused': 1,
    'podlake_layer_rows_total layer=raw table=bureau': 10,
    'podlake_layer_rows_total layer=trusted table=bureau': 10,
    'podlake_layer_seconds_count layer=publish': 1,
    'podlake_layer_seconds_sum layer=raw': 1,
  });
});

test('Prometheus is given when the newest slot was published, and how long ago that is', async () => {
  const { run, grant } = await open(postgres.database, '2026-01-05T09:00:00Z', 'a');
  const { publication } = await planPublication(postgres.database, run, grant);
  await completePublication(postgres.database, publication);
  const instant = Date.parse('2026-01-05T09:00:00Z') / 1000;
  const before = Date.now() / 1000 - instant;
  const signs = showSignsOfLife(postgres.database, logger);
  try {
    await expect.poll(samples).toMatchObject({ podlake_last_published_slot_timestamp_seconds: instant });
    const { podlake_seconds_since_last_published_slot: since = 0 } = await samples();
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(Date.now() / 1000 - instant);
  } finally {
    signs.stop();
  }
});

test('each line of a run carries workflow, slot, attempt and step', () => {
  const own = lines.filter(({ workflowId }) => workflowId === WORKFLOW);
  const ofWorkflow = own.find(({ message }) => message === 'judging the audits');
  expect(ofWorkflow).toMatchObject({ level: 'info', slot: SLOT, runAttempt: 1 });
  expect(ofWorkflow).not.toHaveProperty('step');
  const ofActivities = own.filter(({ message }) => message === 'Spark works');
  expect(ofActivities.map(({ step }) => step)).toEqual(['raw', 'trusted', 'refined', 'publish']);
  for (const line of ofActivities)
    expect(line).toMatchObject({ slot: SLOT, runAttempt: 1, attempt: 1, activityType: 'runStep' });
});

test('a worker whose port for metrics is taken goes without, and says so', async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
  });
  const installed = Runtime._instance;
  try {
    Runtime._instance = undefined;
    await installTelemetry({ log: { level: 'INFO' }, metrics: { prometheusAddress: `127.0.0.1:${port}` } }, logger);
  } finally {
    Runtime._instance = installed;
    taken.close();
  }
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'warn', message: `127.0.0.1:${port} is taken: this worker serves no metrics` }),
  );
});
