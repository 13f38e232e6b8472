import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applySchedule, describeSchedule } from '../../workers/schedule.ts';
import { localServer } from './temporal.ts';

const DOCUMENT = new URL('../../docs/operations.md', import.meta.url);
const TODAY = new Date('2026-11-26T12:00:00Z');

let server: TestWorkflowEnvironment;
beforeAll(async () => {
  server = await localServer();
  await applySchedule(server.client, 'nobody-listens', TODAY);
});
afterAll(() => server?.teardown());

/** The commands of the section on the schedule, in its order, as they stand there. */
function commands(): string[] {
  const [, section = ''] = /## The schedule\n(.*?)\n## /s.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  const blocks = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);
  return blocks.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('temporal schedule '));
}

/** Runs the command as a shell would, with the address in the environment as the document says. */
async function run(command: string): Promise<string> {
  const program = process.env['PODLAKE_TEMPORAL'] ?? 'temporal';
  const words = command.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
  const environment = {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: server.namespace ?? 'default',
    HOME: '/nonexistent',
  };
  const { stdout } = await promisify(execFile)(program, words.slice(1), { env: environment });
  return stdout;
}

/** The runs that wait for nothing, by id; nobody works on them, so that they stay until they are ended. */
async function running(): Promise<string[]> {
  const found = [];
  for await (const { workflowId } of server.client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    found.push(workflowId);
  }
  return found;
}

/** Ends one run after the other, and tells which came in which order. */
async function endedInTurn(count: number): Promise<string[]> {
  const order: string[] = [];
  while (order.length < count) {
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
    const [id = ''] = await running();
    order.push(id);
    await server.client.workflow.getHandle(id).terminate('seen');
    await expect.poll(running, { timeout: 20_000 }).not.toContain(id);
  }
  return order;
}

test('every command of the section on the schedule does what it says', { timeout: 120_000 }, async () => {
  const [list = '', describe = '', pause = '', unpause = '', trigger = '', backfill = '', remove = '', ...more] =
    commands();
  expect(more).toEqual([]);

  expect(await run(list)).toContain('pod-bank-data-lake');
  expect(await run(describe)).toContain('America/Sao_Paulo');

  await run(pause);
  await applySchedule(server.client, 'another-queue', TODAY);
  const paused = { paused: true, note: 'the source is late, ticket 4711' };
  expect((await describeSchedule(server.client))?.state).toMatchObject(paused);
  await run(unpause);
  const going = { paused: false, note: 'deliveries arrive again' };
  expect((await describeSchedule(server.client))?.state).toMatchObject(going);

  await run(trigger);
  const [triggered] = await endedInTurn(1);
  expect(triggered).toMatch(/^data-lake-run-20\d\d-\d\d-\d\dT/);
  await run(backfill);
  // Thursday, a holiday, a weekend, Monday.
  expect(await endedInTurn(4)).toEqual([
    'data-lake-run-2026-11-19T09:00:00Z',
    'data-lake-run-2026-11-19T21:00:00Z',
    'data-lake-run-2026-11-23T09:00:00Z',
    'data-lake-run-2026-11-23T21:00:00Z',
  ]);

  await run(remove);
  expect(await describeSchedule(server.client)).toBeNull();
  expect(await running()).toEqual([]);
});
