import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stackFolder } from '../../../infra/local/stack/folder.ts';
import { choosePorts, mustBeFree } from '../../../infra/local/stack/ports.ts';
import { isRunning, startPart, startTime, stopPart } from '../../../infra/local/stack/process.ts';
import { mustRun, run } from '../../../infra/local/tools/command.ts';
import { findPython } from '../../../infra/local/tools/python.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlake-machine-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function program(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('the ports of a new stack are free and all different', async () => {
  const ports = await choosePorts(true);

  expect(new Set(Object.values(ports)).size).toBe(5);
  await expect(mustBeFree(ports, 'default')).resolves.toBeUndefined();
});

test('a port that another program took is told with its part and the remedy', async () => {
  const ports = await choosePorts(false);
  const server = createServer().listen(ports.postgres, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  await expect(mustBeFree(ports, 'team')).rejects.toThrow(
    `Port ${ports.postgres} (postgres of the stack "team") is taken by another program. End that program, or give the stack new ports with "podlake up --stack team --new-ports".`,
  );
  server.close();
});

test('a Python that is too new is refused by name, and the remedy named', async () => {
  vi.stubEnv('PODLAKE_PYTHON', program('python', 'echo /opt/python; echo 3.14.1'));

  await expect(findPython()).rejects.toThrow(
    /Python 3\.10, 3\.11 or 3\.12 is needed.*found only: .* is 3\.14\.1\. Install one/,
  );
});

test('a Python that fits is taken', async () => {
  vi.stubEnv('PODLAKE_PYTHON', program('python', 'echo /opt/python; echo 3.12.4'));

  expect(await findPython()).toEqual({ path: '/opt/python', version: '3.12.4' });
});

test('a part whose process cannot be noted down never runs its program', async () => {
  const ran = join(folder, 'ran');
  const part = startPart({
    name: 's3',
    file: 'touch',
    args: [ran],
    log: join(folder, 'log'),
    ready: async () => existsSync(ran),
    spawned: () => {
      throw new Error('the disk is full');
    },
  });

  await expect(part).rejects.toThrow('the disk is full');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(existsSync(ran)).toBe(false);
});

test('a part whose starter is killed before it noted the process down never runs its program', async () => {
  const ran = join(folder, 'ran');
  const startPartFile = fileURLToPath(new URL('../../../infra/local/stack/process.ts', import.meta.url));
  const program = `
    const { startPart } = await import(${JSON.stringify(startPartFile)});
    const spawned = () => process.kill(process.pid, 'SIGKILL');
    const [file, args, log] = ['touch', [${JSON.stringify(ran)}], ${JSON.stringify(join(folder, 'log'))}];
    await startPart({ name: 's3', file, args, log, ready: async () => false, spawned });`;
  const { code } = await run(process.execPath, ['--input-type=module', '-e', program]);

  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([code, existsSync(ran)]).toEqual([128, false]);
});

test('a part that ends at once is told with the end of its log', async () => {
  const log = join(folder, 'log');
  const part = startPart({
    name: 's3',
    file: 'sh',
    args: ['-c', 'echo the folder is not writable; exit 3'],
    log,
    ready: async () => false,
  });

  await expect(part).rejects.toThrow(
    /s3 ended at once with code 3\. Its log, .*log, ends with:\nthe folder is not writable/,
  );
});

test('a part is asked to stop, and a deaf one is made to', async () => {
  const start = (name: string, script: string) =>
    startPart({ name, file: 'sh', args: ['-c', script], log: join(folder, name), ready: async () => true });
  const polite = await start('polite', 'sleep 60');
  const deaf = await start('deaf', "trap '' TERM; while true; do sleep 0.1; done");

  await stopPart(polite);
  await stopPart(deaf, 300);

  expect([await isRunning(polite), await gone(deaf)]).toEqual([false, true]);
});

test('a process that got an old pid is not taken for the one that had it', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;

  expect(await isRunning({ pid, startedAt: (await startTime(pid)) ?? '' })).toBe(true);
  expect(await isRunning({ pid, startedAt: '1' })).toBe(false);
  child.kill();
});

test('a command that fails for a full disk says so', async () => {
  const full = mustRun('Building', 'sh', ['-c', 'echo "write: No space left on device" >&2; exit 1'], {
    remedy: 'x',
  });

  await expect(full).rejects.toThrow(
    'Building failed: the disk is full. Free some space (about 3 GB are needed) and repeat.',
  );
});

test('a name that cannot name a folder cannot name a stack', () => {
  expect(() => stackFolder('../elsewhere')).toThrow('"../elsewhere" cannot name a stack');
});

async function gone(part: { pid: number; startedAt: string }): Promise<boolean> {
  for (let tries = 0; tries < 100 && (await isRunning(part)); tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return !(await isRunning(part));
}
