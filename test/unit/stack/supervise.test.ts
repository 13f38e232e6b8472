import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRunning, type Part, startPart } from '../../../infra/local/stack/process.ts';
import { type PartDefinition, Supervisor } from '../../../infra/local/stack/supervise.ts';

let folder: string;
let lines: string[];
let records: string[][];
let supervisor: Supervisor;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlake-supervise-'));
  [lines, records] = [[], []];
  supervisor = new Supervisor({
    changed: (parts) => records.push(parts.map(({ name }) => name)),
    report: (line) => lines.push(line),
  });
});
afterEach(async () => {
  await supervisor.stop(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

/** A part that runs a script of the shell; `runs` is what it printed so far. */
function part(name: string, script: (run: number) => string, ready = async () => true): PartDefinition {
  const log = join(folder, name);
  let starts = 0;
  appendFileSync(log, '');
  return {
    name,
    start: (starting) =>
      startPart({ name, file: 'sh', args: ['-c', script(++starts)], log, ready, readyWithinMs: 5_000, ...starting }),
  };
}

const kill = (name: string) => process.kill(pidOf(name), 'SIGKILL');
const pidOf = (name: string) => supervisor.parts.find((each) => each.name === name)?.pid ?? 0;
const until = async (holds: () => boolean) => expect.poll(holds, { timeout: 10_000, interval: 20 }).toBe(true);

test('a part that ends by itself is started again and told so, and the others are left alone', async () => {
  await supervisor.start(part('s3', () => 'exec sleep 60'));
  await supervisor.start(part('aws', () => 'exec sleep 60'));
  const [before, neighbour] = [pidOf('s3'), pidOf('aws')];

  kill('s3');
  await until(() => pidOf('s3') !== before);

  expect(lines).toEqual(['s3 ended by itself (SIGKILL); starting it again']);
  expect(pidOf('aws')).toBe(neighbour);
});

test('a part is on record as soon as its process exists, long before it answers', async () => {
  let seen: string[][] = [];
  await supervisor.start(
    part(
      's3',
      () => 'exec sleep 60',
      async () => {
        seen = [...records];
        return true;
      },
    ),
  );

  expect(seen).toEqual([['s3']]);
});

test('a part that cannot be started again after three tries ends the stack with its name and the end of its log', async () => {
  await supervisor.start(
    part('s3', (run) => (run === 1 ? 'exec sleep 60' : 'echo the folder is gone; exit 3'), slow()),
  );
  kill('s3');

  expect(await supervisor.broken).toMatch(
    /^s3 cannot be started again: s3 ended at once with code 3\. Its log, .*s3, ends with:\nthe folder is gone/,
  );
  expect(readFileSync(join(folder, 's3'), 'utf8').match(/the folder is gone/g)?.length).toBe(3);
});

test('a part that fails to start again once, for what its end left behind, is tried again', async () => {
  await supervisor.start(part('postgres', (run) => (run === 2 ? 'exit 1' : 'exec sleep 60'), slow()));
  const before = pidOf('postgres');
  kill('postgres');
  await until(() => lines.length === 2);
  await until(() => pidOf('postgres') !== before);

  expect(lines).toEqual([
    'postgres ended by itself (SIGKILL); starting it again',
    'postgres did not start; trying again',
  ]);
});

test('a part that is being started while all are stopped is stopped too, and is not started again', async () => {
  const spawned: Part[] = [];
  const never = part(
    's3',
    () => 'exec sleep 60',
    () => new Promise(() => undefined),
  );
  const starting = supervisor.start({
    name: 's3',
    start: (options) =>
      never.start({
        ...options,
        spawned: (each) => {
          spawned.push(each);
          options.spawned?.(each);
        },
      }),
  });
  await until(() => spawned.length === 1);
  const failed = expect(starting).rejects.toThrow('The stack was stopped while it was starting.');
  await supervisor.stop(() => undefined);
  await failed;

  expect(await Promise.all(spawned.map(isRunning))).toEqual([false]);
  expect(lines).toEqual([]);
});

test('parts are stopped in order, those last that the others write to', async () => {
  for (const name of ['s3', 'postgres', 'worker', 'temporal', 'aws'])
    await supervisor.start(part(name, () => 'exec sleep 60'));
  const told: string[] = [];

  await supervisor.stop((line) => told.push(line));

  expect(told).toEqual(['worker', 'aws', 'temporal', 'postgres', 's3'].map((name) => `stopping ${name}`));
  expect(lines).toEqual([]);
});

/** Ready only after a script that ends at once has ended. */
function slow(): () => Promise<boolean> {
  let asked = 0;
  return async () => ++asked % 5 === 0;
}
