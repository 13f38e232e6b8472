// What a laptop does to a stack between two starts: each time the next "up" says so in one sentence or just goes on.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { stackFolder } from '../../infra/local/stack/index.ts';
import { choosePorts } from '../../infra/local/stack/ports.ts';
import { startPostgres } from '../../infra/local/stack/postgres.ts';
import { unprivileged } from '../../infra/local/stack/postgres-data.ts';
import { startTime, stopPart } from '../../infra/local/stack/process.ts';
import { postgresPrograms } from '../../infra/local/tools/postgres.ts';
import { awsClients } from '../../workers/clients.ts';
import { readConfig } from '../../workers/config.ts';
import { mounted, mustMount } from './machine-mount.ts';
import { erase, Podlake, podlake, up } from './machine-podlake.ts';
import { pidOf, processesOf, recordOf } from './what-runs.ts';

// A stack starts within five seconds on a quiet machine, and within half a minute on a busy one.
vi.setConfig({ testTimeout: 180_000 });

const stack = `state-${process.pid}`;
const file = join(stackFolder(stack), 'stack.json');
const others: ChildProcess[] = [];
let commands: Podlake[];

beforeEach(() => {
  commands = [];
});
afterEach(async () => {
  for (const other of others.splice(0)) other.kill('SIGKILL');
  for (const command of commands) command.kill('SIGINT');
  await Promise.all(commands.map(({ ended }) => ended));
  await erase(stack);
});

async function start(): Promise<Podlake> {
  const command = await up(stack, '--no-worker');
  commands.push(command);
  return command;
}

async function stop(command: Podlake, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  command.kill(signal);
  await command.ended;
}

const s3 = () => awsClients(readConfig(stack)).s3;
const Bucket = 'podbank-landing';

async function put(Key: string, Body: string): Promise<void> {
  await s3().send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/x-kept' }));
}

async function got(Key: string): Promise<(string | undefined)[]> {
  const { Body, ContentType } = await s3().send(new GetObjectCommand({ Bucket, Key }));
  return [await Body?.transformToString(), ContentType];
}

test('a stack of the version before this one goes on without a word, with the same ports and data', async () => {
  await stop(await start());
  const { lastUsed: _, ...record } = recordOf(stack);
  writeFileSync(file, JSON.stringify({ ...record, format: 1 }));

  const { output } = await start();

  expect(output).toMatch(/^(waiting.*\n)?starting S3, AWS endpoints, Postgres and Temporal\n/);
  expect(recordOf(stack)).toMatchObject({ format: 2, ports: record.ports });
});

test('a damaged record is told, nothing is touched, and the stack can still be erased', async () => {
  await stop(await start());
  const half = readFileSync(file, 'utf8').slice(0, 40);
  writeFileSync(file, half);

  for (const words of [['up', '--no-worker'], ['down']]) {
    const { code, output } = await podlake(...words, '--stack', stack);
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^.*stack\.json is damaged \(.*move the file away and repeat/),
    ]);
  }
  expect(readFileSync(file, 'utf8')).toBe(half);
  expect(await podlake('down', '--erase', '--yes', '--stack', stack)).toMatchObject({ code: 0 });
  expect(existsSync(stackFolder(stack))).toBe(false);
});

test('a clock that was set back is told once, and the stack starts', async () => {
  await stop(await start());
  const future = new Date(Date.now() + 3 * 3_600_000).toISOString();
  writeFileSync(file, JSON.stringify({ ...recordOf(stack), lastUsed: future }));

  const warned = await start();
  await stop(warned);
  const { output } = await start();

  expect(warned.output).toContain(`The clock of this machine stands 3 hours before ${future}`);
  expect(warned.output).toContain('" is up');
  expect(output).not.toContain('The clock');
});

test("Postgres starts although its stale lock file names another program's process", async () => {
  const command = await start();
  const lock = join(stackFolder(stack), 'postgres', 'postmaster.pid');
  const text = readFileSync(lock, 'utf8');
  await stop(command);
  const other = spawn('sleep', ['600'], { ...(await unprivileged()) });
  others.push(other);
  writeFileSync(lock, text.replace(/^\d+/, String(other.pid)));

  await start();

  expect(other.exitCode).toBeNull();
  expect(readFileSync(lock, 'utf8')).toMatch(new RegExp(`^${pidOf(stack, 'postgres')}\n`));
});

test('a stack on a file system without extended attributes keeps them beside the objects, from its first start on', async () => {
  const folder = stackFolder(stack);
  mkdirSync(folder, { recursive: true });
  await mustMount(folder);
  // One shell holds the file system, and each start is a child of it.
  const twice = `trap : INT; "$@"; "$@"`;
  const before = [...mounted(folder, { type: 'ramfs' }), 'sh', '-c', twice, 'sh'];
  const command = new Podlake(['up', '--no-worker', '--stack', stack], { before });
  const seen = () =>
    JSON.parse(readFileSync(`/proc/${command.pid}/root${file}`, 'utf8')) as ReturnType<typeof recordOf>;
  const end = () => process.kill(seen().supervisor?.pid ?? 0, 'SIGINT');
  onTestFinished(() => {
    if (command.child.exitCode !== null) return;
    const { supervisor } = seen();
    command.kill('SIGKILL');
    if (supervisor) process.kill(supervisor.pid, 'SIGINT');
  });

  await command.says('" is up');
  expect(command.output).toContain(
    `the file system of ${folder} has no extended attributes: S3 keeps the metadata of objects in ${folder}/attributes, and will for as long as this stack exists`,
  );
  const first = command.output;
  const copy = mkdtempSync(join(tmpdir(), 'podlake-config-'));
  writeFileSync(join(copy, 'config.json'), readFileSync(`/proc/${command.pid}/root${folder}/config.json`));
  process.env['PODLAKE_CONFIG'] = join(copy, 'config.json');
  await put('kept', 'an object').finally(end);
  await expect.poll(() => command.output.slice(first.length), { timeout: 20_000 }).toContain('" is up');
  const kept = await got('kept').finally(() => {
    delete process.env['PODLAKE_CONFIG'];
    end();
  });
  await command.ended;
  rmSync(copy, { recursive: true });

  expect(kept).toEqual(['an object', 'text/x-kept']);
  expect(command.output.slice(first.length)).not.toContain('extended attributes');
});

test('as root, Postgres in a folder that its user cannot enter is refused with the folder and the remedy; others start it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'podlake-closed-'));
  chmodSync(folder, 0o700);
  const { postgres: port } = await choosePorts(false);
  const programs = await postgresPrograms();
  const starting = startPostgres({ programs, folder, port, log: join(folder, 'log') });
  const told = await starting.then(
    (part) => stopPart(part, 5_000, 'SIGINT').then(() => 'started'),
    (error: Error) => error.message,
  );
  rmSync(folder, { recursive: true });

  expect(told).toMatch(
    process.getuid?.() === 0
      ? new RegExp(
          `the user "nobody", which it gets instead, cannot enter ${folder}, where .* Open it with "chmod o\\+x ${folder}"`,
        )
      : /^started$/,
  );
});

test('what a killed S3 left unfinished is cleared at the next start, unless a step that goes on may be writing it', async () => {
  const command = await start();
  await put('kept', 'an object');
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand({ Bucket, Key: 'half' }));
  await s3().send(new UploadPartCommand({ Bucket, Key: 'half', UploadId, PartNumber: 1, Body: 'a part' }));
  const uploads = async () => (await s3().send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.length ?? 0;
  const step = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  others.push(step);
  const place = join(stackFolder(stack), 'aws', 'emr', 'steps', 's-1');
  mkdirSync(place, { recursive: true });
  const startToken = `boot:${await startTime(step.pid ?? 0)}`;
  writeFileSync(join(place, 'wrapper.json'), JSON.stringify({ pid: step.pid, startToken }));
  await stop(command, 'SIGKILL');

  const second = await start();
  expect(await uploads()).toBe(1);
  step.kill('SIGKILL');
  await stop(second, 'SIGKILL');
  await start();

  expect([await uploads(), await got('kept')]).toEqual([0, ['an object', 'text/x-kept']]);
});

test("Temporal's database writes ahead, so that what it acknowledged outlives a power cycle", async () => {
  await stop(await start());
  const database = new DatabaseSync(join(stackFolder(stack), 'temporal.db'));
  const mode = database.prepare('pragma journal_mode').get();
  database.close();

  expect(mode).toEqual({ journal_mode: 'wal' });
  expect(processesOf(stack)).toEqual([]);
});
