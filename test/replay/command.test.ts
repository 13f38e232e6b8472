import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyFile, readHistories, writeHistory } from '../../workers/histories.ts';
import { LAKE_LOCK_ID, LAKE_LOCK_TYPE } from '../../workflows/names.ts';
import { localServer } from '../workflow/temporal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let folder: string;
let server: TestWorkflowEnvironment;
beforeAll(async () => {
  [folder, server] = await Promise.all([mkdtemp(join(tmpdir(), 'histories-')), localServer()]);
});
afterAll(async () => {
  await server?.teardown();
  await rm(folder, { recursive: true, force: true });
});

/** Ends when the command does; its exit code and what it printed. */
const podlake = (args: string[], environment = {}) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const program = join(ROOT, 'cli', 'podlake.js');
    const options = { cwd: folder, env: { ...process.env, ...environment } };
    const ended = execFile(process.execPath, [program, 'histories', ...args], options, (_error, stdout, stderr) =>
      resolve({ code: ended.exitCode ?? -1, stdout, stderr }),
    );
  });

test('replay ends with 0 when all replay, and with 1 when one does not, and names it and its event', async () => {
  const good = join(folder, 'good');
  await cp(historyFile(join(ROOT, 'test', 'replay', 'histories'), 'empty'), historyFile(good, 'empty'));
  expect(await podlake(['replay', good])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^All 1 histories/) });

  // Another activity was called where today's code detects the delivery.
  const [{ history } = { history: { events: [] } }] = await readHistories(good);
  const event = history.events.find(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name === 'detectDelivery',
  );
  const text = JSON.stringify(history).replace('"name":"detectDelivery"', '"name":"findFiles"');
  await writeHistory(good, 'older-code', text);
  const { code, stdout } = await podlake(['replay', good]);
  expect(code).toBe(1);
  expect(stdout).toContain(`older-code does not replay at event ${event?.eventId} (ActivityTaskScheduled findFiles): `);
  expect(stdout).toContain('1 of 2 histories do not replay');
  const { failures } = JSON.parse((await podlake(['replay', good, '--json'])).stdout);
  expect(failures).toMatchObject([{ history: 'older-code', event: Number(event?.eventId) }]);
}, 120_000);

test('replay of a folder without histories fails and says how to fetch them', async () => {
  const { code, stderr } = await podlake(['replay', 'nowhere']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('podlake histories pull --output nowhere')]);
});

test('pull takes the histories from the Temporal that the configuration names', async () => {
  const address = server.address;
  await writeFile(join(folder, 'temporal.toml'), `[profile.default]\naddress = "${address}"\nnamespace = "default"\n`);
  const config = {
    region: 'sa-east-1',
    bucketPrefix: 'pod',
    postgresUrl: 'postgres://nowhere',
    temporal: { configFile: join(folder, 'temporal.toml') },
    emr: {},
    athena: {},
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await server.client.workflow.start(LAKE_LOCK_TYPE, { workflowId: LAKE_LOCK_ID, taskQueue: 'none', args: [] });
  await expect
    .poll(
      async () => {
        const environment = { PODLAKE_CONFIG: join(folder, 'config.json') };
        const { stdout } = await podlake(['pull', '--output', 'pulled', '--json'], environment);
        return JSON.parse(stdout).histories;
      },
      { timeout: 20_000 },
    )
    .toMatchObject([{ type: LAKE_LOCK_TYPE, status: 'RUNNING' }]);
  expect(await readdir(join(folder, 'pulled'))).toEqual([expect.stringMatching(/^lake-lock-.*\.json\.gz$/)]);
}, 60_000);
