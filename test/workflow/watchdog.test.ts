import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMRClient } from '@aws-sdk/client-emr';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAlerts } from '../../control-db/queries/alerts.ts';
import { anyPolls, Watchdog, type WatchdogSurroundings } from '../../workers/watchdog.ts';
import { startTestPostgres, type TestPostgres } from '../postgres.ts';
import { settings } from '../unit/activities/settings.ts';
import { fakeLake } from './fake-lake.ts';
import { bundleWorkflows, localServer, ownName, startWorker } from './temporal.ts';

let postgres: TestPostgres;
let server: TestWorkflowEnvironment;
let told: string[] = [];
beforeAll(async () => {
  [postgres, server] = await Promise.all([startTestPostgres(), localServer()]);
});
beforeEach(async () => {
  told = [];
  await postgres.empty();
});
afterAll(async () => {
  await server?.teardown();
  await postgres?.stop();
});

/** Nobody listens there. */
const away = () => new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:9/nothing' });
const emr = new EMRClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:9', maxAttempts: 1 });

function around(changes: Partial<WatchdogSurroundings> = {}): WatchdogSurroundings {
  const send = async ({ kind }: { kind: string }) => {
    told.push(kind);
  };
  return {
    // The watchdog closes what it was given; the test's own connection goes on.
    connect: async () => Object.assign(Object.create(server.client), { connection: lasting(server.connection) }),
    ...{ database: postgres.database, emr, taskQueue: ownName('lake'), alerts: settings.alerts },
    channels: [{ name: 'webhook', send }],
    ...changes,
  };
}

const lasting = (connection: TestWorkflowEnvironment['connection']) =>
  Object.assign(Object.create(connection), { close: async () => undefined });

const kinds = (incidents: { kind: string }[]) => incidents.map(({ kind }) => kind);

describe('without a worker', () => {
  test('it tells that none asks for work, once, and that is over when one does', async () => {
    const surroundings = around();
    const watchdog = new Watchdog(surroundings);
    expect(kinds((await watchdog.look()).open)).toEqual(['no_worker']);
    expect(await watchdog.look()).toMatchObject({ opened: [], problems: [] });
    expect(told).toEqual(['no_worker']);
    const workplace = { server, workflowBundle: await bundleWorkflows() };
    const worker = await startWorker(workplace, fakeLake().activities, surroundings.taskQueue);
    try {
      await expect.poll(async () => kinds((await watchdog.look()).open)).toEqual([]);
    } finally {
      await worker.stop();
    }
    expect(await listAlerts(postgres.database, { open: true, limit: 5 })).toEqual([]);
  });

  test('one that asked last three minutes ago is none', () => {
    const now = Date.UTC(2026, 0, 5, 9);
    const asked = (secondsAgo: number) => [{ lastAccessTime: msToTs(now - secondsAgo * 1000) }];
    expect(anyPolls(asked(60), now)).toBe(true);
    expect(anyPolls(asked(180), now)).toBe(false);
    expect(anyPolls([], now)).toBe(false);
  });
});

describe('without the control database', () => {
  test('it tells so once, and what else is wrong; back again, both are on record and told to nobody a second time', async () => {
    const surroundings = around({ database: away() });
    const watchdog = new Watchdog(surroundings);
    const look = await watchdog.look();
    expect(look.open).toMatchObject([{ kind: 'control_database', command: 'podlake doctor' }, { kind: 'no_worker' }]);
    expect(kinds((await watchdog.look()).opened)).toEqual([]);
    expect(told).toEqual(['control_database', 'no_worker']);
    surroundings.database = postgres.database;
    expect(kinds((await watchdog.look()).open)).toEqual(['no_worker']);
    expect(told).toEqual(['control_database', 'no_worker']);
    const all = await listAlerts(postgres.database, { open: false, limit: 5 });
    expect(all.map(({ kind, overAt }) => [kind, overAt !== null]).sort()).toEqual([
      ['control_database', true],
      ['no_worker', false],
    ]);
  });

  test('what was told before it went away is not told again', async () => {
    const surroundings = around();
    const watchdog = new Watchdog(surroundings);
    await watchdog.look();
    surroundings.database = away();
    await watchdog.look();
    expect(told).toEqual(['no_worker', 'control_database']);
  });

  test('a channel that fails is told at the next look', async () => {
    let works = false;
    const send = async ({ kind }: { kind: string }) => {
      if (!works) throw new Error('503');
      told.push(kind);
    };
    const watchdog = new Watchdog(around({ database: away(), channels: [{ name: 'sns', send }] }));
    expect((await watchdog.look()).problems).toHaveLength(2);
    works = true;
    expect((await watchdog.look()).problems).toEqual([]);
    expect(told).toEqual(['control_database', 'no_worker']);
  });
});

test('without Temporal it tells so, and takes nothing of it to be over', async () => {
  const surroundings = around();
  const watchdog = new Watchdog(surroundings);
  await watchdog.look();
  surroundings.connect = () => Promise.reject(new Error('Failed to connect before the deadline'));
  expect(kinds((await watchdog.look()).open)).toEqual(['temporal_unreachable']);
  const open = await listAlerts(postgres.database, { open: true, limit: 5 });
  expect(kinds(open).sort()).toEqual(['no_worker', 'temporal_unreachable']);
});

test('a workflow whose code cannot be played is told with its cause and goes on by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stuck-'));
  await symlink(join(import.meta.dirname, '..', '..', 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'index.ts');
  await writeFile(file, `export async function standing() { throw new TypeError('no such step'); }`);
  const workflowBundle = await bundleWorkflows(file);
  const surroundings = around();
  const { taskQueue } = surroundings;
  const worker = await startWorker({ server, workflowBundle }, fakeLake().activities, taskQueue);
  try {
    const workflowId = ownName('standing');
    const handle = await server.client.workflow.start('standing', { taskQueue, workflowId });
    const watchdog = new Watchdog(surroundings);
    await expect
      .poll(async () => (await watchdog.look()).open.filter(({ kind }) => kind === 'workflow_stuck'), {
        timeout: 20_000,
      })
      .toMatchObject([{ subject: `workflow ${workflowId}`, message: expect.stringContaining('no such step') }]);
    await handle.terminate();
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true });
  }
});
