import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import lockfile from 'proper-lockfile';
import { MachineProblem, type Report } from './report.ts';

/** Where installed tools lie, shared by all clones and stacks of this user: PODLAKE_CACHE, else the system's cache folder. */
export function cacheFolder(): string {
  return process.env['PODLAKE_CACHE'] ?? envPaths('podlake', { suffix: '' }).cache;
}

/** A holder that has not touched its lock for so long was killed. */
const STALE_MS = 30_000;

/** A short name for the exact content of lock files, so that a changed lock means a new folder and nothing is upgraded in place. */
export function versionOfFiles(...files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** Whether a tool is there whole; `programs` are files in its folder without which it is damaged, whatever its mark says. */
export function isInstalled(name: string, version: string, programs: string[] = []): boolean {
  const folder = folderOf(name, version);
  return existsSync(join(folder, '.complete')) && programs.every((program) => isFilled(join(folder, program)));
}

const isFilled = (file: string) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;

/**
 * Installs a tool once per version, also when several processes ask at the same time: the others wait.
 * A folder without its `.complete` mark is what a killed installation left, one without its `programs` is damaged; either is
 * removed and made again.
 */
export async function installOnce(
  name: string,
  version: string,
  report: Report,
  install: (folder: string) => Promise<void>,
  programs: string[] = [],
): Promise<string> {
  const folder = folderOf(name, version);
  if (isInstalled(name, version, programs)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const release = await lockInTurn(folder, () =>
    report(
      `waiting for another process that installs ${name}; if that was killed, for ${STALE_MS / 1000} seconds at most`,
    ),
  );
  try {
    if (isInstalled(name, version, programs)) return folder;
    const started = Date.now();
    const again = isInstalled(name, version) ? ' again, for it is damaged' : '';
    report(`installing ${name}${again} (once, into ${folder})`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await install(folder);
    await writeFile(join(folder, '.complete'), `${new Date().toISOString()}\n`);
    report(`installed ${name} in ${Math.round((Date.now() - started) / 1000)} s`);
    return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new MachineProblem(
        `Installing ${name} failed: the disk that holds ${cacheFolder()} is full. Free about 3 GB and repeat.`,
      );
    }
    throw error;
  } finally {
    await release();
  }
}

/** The lock is a folder beside the tool's, which its holder touches: one that nobody touches any more is taken over. */
async function lockInTurn(folder: string, waits: () => void): Promise<() => Promise<void>> {
  const options = { realpath: false, stale: STALE_MS, update: 5_000 };
  try {
    return await lockfile.lock(folder, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
  }
  waits();
  const patience = { retries: 7200, factor: 1, minTimeout: 500, maxTimeout: 500 };
  return lockfile.lock(folder, { ...options, retries: patience });
}

export function folderOf(name: string, version: string): string {
  return join(cacheFolder(), `${name}-${version}-${process.platform}-${process.arch}`);
}
