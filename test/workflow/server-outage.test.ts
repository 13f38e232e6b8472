// What the real server starts of the slots that came while it was down, and of those that came while the schedule was paused.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type CalendarSpec, Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../../infra/local/stack/ports.ts';
import { applySchedule } from '../../workers/schedule.ts';
import { MONTHS } from '../../workers/schedule-description.ts';
import { SCHEDULE_ID } from '../../workflows/names.ts';

let folder: string;
let address: string;
let server: ChildProcess;
let client: Client;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outage-'));
  address = `127.0.0.1:${await freePort()}`;
  await start();
  await applySchedule(client, 'nobody-listens', new Date());
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  const [ip = '', port = ''] = address.split(':');
  const place = ['--ip', ip, '--port', port, '--headless', '--db-filename', join(folder, 'temporal.db')];
  server = spawn(
    process.env['PODLAKE_TEMPORAL'] ?? 'temporal',
    ['server', 'start-dev', '--log-level', 'never', ...place],
    {
      stdio: 'ignore',
    },
  );
  const connection = await vi.waitFor(() => Connection.connect({ address }), { timeout: 30_000, interval: 200 });
  client = new Client({ connection });
}

async function stop(): Promise<void> {
  await client.connection.close();
  const stopped = once(server, 'exit');
  server.kill('SIGTERM');
  await stopped;
}

/** Nobody works on the runs, so that each goes on until it is ended. */
async function running(): Promise<string[]> {
  const found = [];
  for await (const { workflowId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" }))
    found.push(workflowId);
  return found;
}

/** The schedule as it is applied, but with these times alone, and one that is far away: a schedule that is over is forgotten. */
async function scheduleAt(slots: Date[], paused = false): Promise<void> {
  await client.schedule.getHandle(SCHEDULE_ID).update(({ spec: _, state, ...rest }) => ({
    ...rest,
    state: { ...state, paused },
    spec: { timezone: 'UTC', calendars: [...slots, new Date(Date.UTC(2099, 0))].map(at) },
  }));
  // Of a change that it has not looked at the server reckons from then on only.
  const next = async () => (await client.schedule.getHandle(SCHEDULE_ID).describe()).info.nextActionTimes[0];
  await expect.poll(next, { timeout: 10_000 }).toEqual(slots[0]);
}

const at = (instant: Date): CalendarSpec => ({
  year: instant.getUTCFullYear(),
  month: MONTHS[instant.getUTCMonth()] ?? 'JANUARY',
  dayOfMonth: instant.getUTCDate(),
  hour: instant.getUTCHours(),
  minute: instant.getUTCMinutes(),
  second: instant.getUTCSeconds(),
});

const toTheSecond = (instant: Date) => `${instant.toISOString().slice(0, 19)}Z`;

test('slots that came while the server was down are started in order when it is back, each once', async () => {
  const now = Math.ceil(Date.now() / 1000) * 1000;
  const slots = [6000, 7000, 9000].map((later) => new Date(now + later));
  await scheduleAt(slots);

  await stop();
  await setTimeout(now + 10_000 - Date.now());
  await start();

  const started: string[] = [];
  while (started.length < slots.length) {
    await expect.poll(running, { timeout: 30_000 }).toHaveLength(1);
    const [id = ''] = await running();
    started.push(id);
    await client.workflow.getHandle(id).terminate('seen');
    await expect.poll(running, { timeout: 30_000 }).not.toContain(id);
  }
  expect(started).toEqual(slots.map((slot) => `data-lake-run-${toTheSecond(slot)}`));
  const { info } = await client.schedule.getHandle(SCHEDULE_ID).describe();
  expect(info).toMatchObject({ numActionsTaken: slots.length, numActionsMissedCatchupWindow: 0, runningActions: [] });
}, 120_000);

test('slots that came while the schedule was paused are not started, neither then nor when it goes on', async () => {
  const now = Math.ceil(Date.now() / 1000) * 1000;
  const slots = [4000, 5000].map((later) => new Date(now + later));
  await scheduleAt(slots, true);
  await setTimeout(now + 6000 - Date.now());
  const schedule = client.schedule.getHandle(SCHEDULE_ID);
  await schedule.unpause('deliveries arrive again');

  // What a person triggers shows that the server has looked at the schedule since; a missed slot would stand before it or wait behind it.
  await schedule.trigger();
  await expect.poll(running, { timeout: 30_000 }).toHaveLength(1);
  expect(slots.map((slot) => `data-lake-run-${toTheSecond(slot)}`)).not.toContain((await running())[0]);
  const { info, raw } = await schedule.describe();
  expect([info.numActionsTaken, Number(raw.info?.bufferSize)]).toEqual([1, 0]);
}, 120_000);
