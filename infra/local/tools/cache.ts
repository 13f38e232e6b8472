import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import lockfile from 'proper-lockfile';
import { MachineProblem, type Report } from './report.ts';

/** Where installed tools lie, shared by all clones and stacks of this user: PODLAKE_CACHE, else the system's cache folder. */
export function cacheFolder(): string {
  return process.env['PODLAKE_CACHE'] ?? envPaths('podlake', { suffix: '' }).cache;
}

/** A short name for the exact content of lock files, so that a changed lock means a new folder and nothing is upgraded in place. */
export function versionOfFiles(...files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

export function isInstalled(name: string, version: string): boolean {
  return existsSync(join(folderOf(name, version), '.complete'));
}

/**
 * Installs a tool once per version, also when several processes ask at the same time: the others wait.
 * A folder without its `.complete` mark is what a killed installation left; it is removed and made again.
 */
export async function installOnce(
  name: string,
  version: string,
  report: Report,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = folderOf(name, version);
  if (isInstalled(name, version)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const release = await lockfile.lock(folder, {
    realpath: false,
    stale: 30_000,
    update: 5_000,
    retries: { retries: 7200, factor: 1, minTimeout: 500, maxTimeout: 500 },
  });
  try {
    if (isInstalled(name, version)) return folder;
    const started = Date.now();
    report(`installing ${name} (once, into ${folder})`);
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

function folderOf(name: string, version: string): string {
  return join(cacheFolder(), `${name}-${version}-${process.platform}-${process.arch}`);
}
