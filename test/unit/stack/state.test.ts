// What an earlier use of a stack left on disk, and what this version makes of it.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { clockWarning } from '../../../infra/local/stack/clock.ts';
import { stackFolder } from '../../../infra/local/stack/folder.ts';
import { hold, holdInTurn } from '../../../infra/local/stack/hold.ts';
import { checkPostgres, firstClosedFolder, removeStaleLock } from '../../../infra/local/stack/postgres-data.ts';
import { readStack, writeStack } from '../../../infra/local/stack/record.ts';
import { clearUnfinishedObjects } from '../../../infra/local/stack/s3-leftovers.ts';
import { run } from '../../../infra/local/tools/command.ts';
import { postgresPrograms } from '../../../infra/local/tools/postgres.ts';

const PORTS = { s3: 7070, aws: 7071, postgres: 7072, temporal: 7233, temporalUi: 8233 };
const stack = `state-${process.pid}`;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlake-state-'));
  mkdirSync(stackFolder(stack), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(stackFolder(stack), { recursive: true, force: true });
});

const record = (text: string) => writeFileSync(join(stackFolder(stack), 'stack.json'), text);

describe('the record of a stack', () => {
  test('of the first format is read as what it says, and written in the new one', async () => {
    record(JSON.stringify({ format: 1, name: stack, ports: PORTS, supervisor: null, parts: [] }));

    const read = await readStack(stack);
    if (read) writeStack(read);

    expect(read).toEqual({ format: 2, name: stack, ports: PORTS, supervisor: null, parts: [], lastUsed: null });
    expect(await readStack(stack)).toEqual(read);
  });

  test('of a newer version is refused with what to do', async () => {
    record(JSON.stringify({ format: 3, name: stack }));

    await expect(readStack(stack)).rejects.toThrow(
      `The stack "${stack}" was made by a newer version of this project (format 3, this one reads 2). Use that version, or delete the stack with "podlake down --erase" and start anew.`,
    );
  });

  test.each([
    ['half of it', '{"format": 2, "name": "sta', /is damaged \(.*JSON/],
    ['nothing', '', /is damaged \(.*JSON/],
    ['null', 'null', /is damaged \(format: /],
    ['a port that is none', JSON.stringify({ format: 2, name: stack, ports: { s3: 'x' } }), /is damaged \(ports\.s3: /],
  ])('that is damaged (%s) is told with the file and what to do', async (_, text, why) => {
    record(text);

    const reading = readStack(stack);

    await expect(reading).rejects.toThrow(why);
    await expect(reading).rejects.toThrow(/stack\.json .*End what still runs of it, move the file away and repeat/);
  });
});

describe('a hold', () => {
  test('is given to one at a time, and back', () => {
    const file = join(folder, 'lock');
    const mine = hold(file);

    expect(hold(file)).toBeNull();
    mine?.release();
    const again = hold(file);
    expect(again).not.toBeNull();
    again?.release();
  });

  test('of a killed process is free at once, and no file has to be removed', async () => {
    const file = join(folder, 'lock');
    const holdFile = join(import.meta.dirname, '..', '..', '..', 'infra', 'local', 'stack', 'hold.ts');
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `const { hold } = await import(${JSON.stringify(holdFile)});
       const mine = hold(${JSON.stringify(file)});
       console.log('held');
       setInterval(() => mine, 1000);`,
    ]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));

    expect(hold(file)).toBeNull();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const mine = hold(file);
    expect(mine).not.toBeNull();
    mine?.release();
  });

  test('is waited for in turn, and the wait can be interrupted', async () => {
    const file = join(folder, 'lock');
    const [mine, interrupt] = [hold(file), new AbortController()];
    let told = 0;
    const next = holdInTurn(file, () => told++);
    const other = holdInTurn(file, () => told++, interrupt.signal);
    interrupt.abort();
    await expect(other).rejects.toThrow();
    mine?.release();

    (await next).release();
    expect(told).toBe(2);
  });
});

describe('the clock', () => {
  const now = Date.parse('2026-01-05T09:00:00Z');

  test('that stands before the last use is told with what happens to runs', () => {
    expect(clockWarning('default', '2026-01-05T12:10:00Z', now)).toBe(
      'The clock of this machine stands 3 hours before 2026-01-05T12:10:00Z, when the stack "default" was last in use: until it is there again, runs of slots that are not newer than the last published one close as superseded, and files dated in the future wait; if the clock is wrong, set it.',
    );
  });

  test.each([
    ['that goes on', '2026-01-05T08:59:00Z'],
    ['that was corrected by seconds', '2026-01-05T09:00:59Z'],
    ['of a stack that was never used', null],
  ])('%s is no matter', (_, lastUsed) => {
    expect(clockWarning('default', lastUsed, now)).toBeNull();
  });
});

describe('what Postgres left', () => {
  test('of another major version is told before anything starts', async () => {
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '15\n');

    await expect(checkPostgres(await postgresPrograms(), folder, undefined)).rejects.toThrow(
      /The data in .*postgres are of Postgres 15 and this version of the project brings Postgres 18, which cannot read them\. Use the version of the project that made them, or delete the stack with "podlake down --erase"/,
    );
  });

  test('a lock file whose pid another program has now is removed', async () => {
    const other = spawn('sleep', ['60']);
    writeFileSync(join(folder, 'postmaster.pid'), `${other.pid}\n${folder}\n`);

    await removeStaleLock(folder);

    expect(existsSync(join(folder, 'postmaster.pid'))).toBe(false);
    other.kill();
  });

  test.each([
    ['a postmaster on this folder', (data: string) => ['-c', 'sleep 60; :', 'postgres', '-D', data]],
    ['a backend of a killed postmaster', () => ['-c', 'exec -a "postgres: checkpointer" sleep 60']],
  ])('a lock file whose pid is that of %s stays', async (_, words) => {
    const other = spawn('bash', words(folder));
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(join(folder, 'postmaster.pid'), `${other.pid}\n${folder}\n`);

    await removeStaleLock(folder);

    expect(existsSync(join(folder, 'postmaster.pid'))).toBe(true);
    other.kill('SIGKILL');
  });
});

describe('the user of Postgres', () => {
  const nobody = { uid: 65_534, gid: 65_534 };

  test('is shown the first folder on the way that is closed to it', async () => {
    const [open, closed] = [join(folder, 'open'), join(folder, 'open', 'closed')];
    mkdirSync(join(closed, 'deeper'), { recursive: true });
    chmodSync(folder, 0o755);
    chmodSync(closed, 0o700);

    expect(await firstClosedFolder(join(closed, 'deeper'), nobody)).toBe(closed);
    expect(await firstClosedFolder(join(closed, 'not', 'yet', 'there'), nobody)).toBe(closed);
    expect(await firstClosedFolder(open, nobody)).toBeNull();
    expect(await firstClosedFolder(join(open, 'not', 'yet', 'there'), nobody)).toBeNull();
  });

  test('may enter what its own or its group is allowed to enter', async () => {
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    chmodSync(folder, 0o100);
    expect(await firstClosedFolder(folder, { uid, gid: 65_534 })).toBeNull();
    chmodSync(folder, 0o010);
    expect(await firstClosedFolder(folder, { uid: 65_533, gid })).toBeNull();
    expect(await firstClosedFolder(folder, { uid, gid })).toBe(folder);
    chmodSync(folder, 0o700);
  });

  test('is told with the remedy, and when we are not root is ourselves and no matter', async () => {
    chmodSync(folder, 0o700);
    const programs = await postgresPrograms();

    await expect(checkPostgres(programs, join(folder, 'stack'), nobody)).rejects.toThrow(
      `Postgres refuses to run as root, and the user "nobody", which it gets instead, cannot enter ${folder}, where ${folder}/stack lies. Open it with "chmod o+x ${folder}"`,
    );
    await expect(checkPostgres(programs, join(folder, 'stack'), undefined)).resolves.toBeUndefined();
  });
});

test('what a killed S3 left of unfinished objects is cleared, in every bucket, and objects stay', async () => {
  const at = (...names: string[]) => join(folder, 's3', ...names);
  for (const [file, text] of [
    [at('b', '.sgwtmp', '5d41.123'), 'half an obj'],
    [at('b', '.sgwtmp', 'multipart', 'aa', 'upload', '1'), 'a part'],
    [at('c', 'table', '.part.parquet.sgwtmp.1795574656404000000'), 'whole, not yet in its place'],
    [at('c', 'table', 'part.parquet'), 'an object'],
    [at('c', 'table', '.sgwtmp-is-my-name'), 'an object'],
  ] as const) {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }

  expect(await clearUnfinishedObjects(folder, null)).toBe(3);

  const { stdout } = await run('find', [at(), '-type', 'f']);
  expect(stdout.trim().split('\n').sort()).toEqual([
    at('c', 'table', '.sgwtmp-is-my-name'),
    at('c', 'table', 'part.parquet'),
  ]);
  expect(readFileSync(at('c', 'table', 'part.parquet'), 'utf8')).toBe('an object');
});
