import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installOnce, isInstalled, versionOfFiles } from '../../../infra/local/tools/cache.ts';
import { run } from '../../../infra/local/tools/command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlake-cache-'));
  vi.stubEnv('PODLAKE_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const quiet = () => undefined;
const install = (log: string) => async (target: string) => {
  appendFileSync(log, 'installed\n');
  await writeFile(join(target, 'tool'), 'content');
};

test('a tool is installed at the first call and found at the second', async () => {
  const log = join(folder, 'log');
  const first = await installOnce('tool', '1', quiet, install(log));
  const second = await installOnce('tool', '1', quiet, install(log));

  expect(second).toBe(first);
  expect(readFileSync(join(first, 'tool'), 'utf8')).toBe('content');
  expect(readFileSync(log, 'utf8')).toBe('installed\n');
});

test('two processes that ask at the same time install once', async () => {
  const log = join(folder, 'log');
  const cache = fileURLToPath(new URL('../../../infra/local/tools/cache.ts', import.meta.url));
  const program = `
    const { installOnce } = await import(${JSON.stringify(cache)});
    const { appendFileSync } = await import('node:fs');
    await installOnce('tool', '1', () => {}, async () => {
      appendFileSync(${JSON.stringify(log)}, 'installed\\n');
      await new Promise((resolve) => setTimeout(resolve, 700));
    });`;
  const results = await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', program], { env: process.env })),
  );

  expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ]);
  expect(readFileSync(log, 'utf8')).toBe('installed\n');
});

test('what a killed installation left is removed and made again', async () => {
  const place = await installOnce('tool', '1', quiet, install(join(folder, 'log')));
  rmSync(join(place, '.complete'));
  await mkdir(join(place, 'half'));

  await installOnce('tool', '1', quiet, install(join(folder, 'log')));

  expect(existsSync(join(place, 'half'))).toBe(false);
  expect(isInstalled('tool', '1')).toBe(true);
});

test('a tool whose program is missing or empty, whatever its mark says, is installed again and nobody has to clear anything', async () => {
  const [log, lines] = [join(folder, 'log'), [] as string[]];
  const get = () => installOnce('tool', '1', (line) => lines.push(line), install(log), ['tool']);
  const place = await get();
  for (const damage of [() => rmSync(join(place, 'tool')), () => writeFileSync(join(place, 'tool'), '')]) {
    damage();
    lines.length = 0;

    await get();

    expect(readFileSync(join(place, 'tool'), 'utf8')).toBe('content');
    expect(lines[0]).toMatch(/^installing tool again, for it is damaged/);
  }
});

test('the lock of a killed installation is waited for until it is stale, and the wait is told', async () => {
  const lines: string[] = [];
  const lock = join(folder, 'cache', `tool-1-${process.platform}-${process.arch}.lock`);
  mkdirSync(lock, { recursive: true });
  const touchedBefore = new Date(Date.now() - 28_500);
  utimesSync(lock, touchedBefore, touchedBefore);
  const started = performance.now();

  await installOnce('tool', '1', (line) => lines.push(line), install(join(folder, 'log')));

  expect(lines[0]).toBe('waiting for another process that installs tool; if that was killed, for 30 seconds at most');
  expect(performance.now() - started).toBeGreaterThan(1_000);
  expect(isInstalled('tool', '1')).toBe(true);
});

test('an installation that fails is not taken for a whole one', async () => {
  const failing = installOnce('tool', '1', quiet, async () => {
    throw new Error('the network is down');
  });

  await expect(failing).rejects.toThrow('the network is down');
  expect(isInstalled('tool', '1')).toBe(false);
});

test('a full disk is told in one sentence with the remedy', async () => {
  const full = installOnce('tool', '1', quiet, async () => {
    throw Object.assign(new Error('write'), { code: 'ENOSPC' });
  });

  await expect(full).rejects.toThrow(/the disk that holds .* is full\. Free about 3 GB and repeat\./);
});

test('another content of a lock file is another version', async () => {
  const lock = join(folder, 'lock.txt');
  await writeFile(lock, 'a==1');
  const before = versionOfFiles(lock);
  await writeFile(lock, 'a==2');

  expect(versionOfFiles(lock)).not.toBe(before);
});
