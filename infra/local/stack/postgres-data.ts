import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../tools/command.ts';
import { MachineProblem } from '../tools/index.ts';
import type { PostgresPrograms } from '../tools/postgres.ts';

/** The user and group that Postgres runs as; undefined is our own. */
export type Identity = { uid: number; gid: number } | undefined;

/** Postgres refuses to run as root; it is given the user that owns nothing. */
export async function unprivileged(): Promise<Identity> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await run('id', ['-u', 'nobody']);
  const group = await run('id', ['-g', 'nobody']);
  return { uid: Number(stdout), gid: Number(group.stdout) };
}

/**
 * Looks, before anything is started, for what Postgres would only hint at.
 * @throws MachineProblem when its data are of another major version, or a folder is closed to its user
 */
export async function checkPostgres(programs: PostgresPrograms, folder: string, identity: Identity): Promise<void> {
  for (const needed of identity ? [folder, dirname(programs.postgres)] : []) {
    const closed = await firstClosedFolder(needed, identity);
    if (closed === null) continue;
    throw new MachineProblem(
      `Postgres refuses to run as root, and the user "nobody", which it gets instead, cannot enter ${closed}, where ${needed} lies. Open it with "chmod o+x ${closed}", keep the project in a folder that all may enter, or run podlake as another user than root.`,
    );
  }
  await checkVersion(programs, join(folder, 'postgres'));
}

async function checkVersion(programs: PostgresPrograms, data: string): Promise<void> {
  const mark = join(data, 'PG_VERSION');
  if (!existsSync(mark)) return;
  const theirs = (await readFile(mark, 'utf8')).trim();
  const { stdout } = await run(programs.postgres, ['--version']);
  const ours = /(\d+)/.exec(stdout)?.[1];
  if (ours === theirs) return;
  throw new MachineProblem(
    `The data in ${data} are of Postgres ${theirs} and this version of the project brings Postgres ${ours}, which cannot read them. Use the version of the project that made them, or delete the stack with "podlake down --erase" and start anew.`,
  );
}

/** The first folder on the way to `path`, itself included, that a user who belongs to one group alone cannot enter; null when there is none. */
export async function firstClosedFolder(path: string, identity: Identity): Promise<string | null> {
  if (!identity) return null;
  const way = [path];
  for (let at = path; dirname(at) !== at; at = dirname(at)) way.unshift(dirname(at));
  for (const folder of way) {
    const found = await stat(folder).catch(() => null);
    // What is not there yet is made by us, open.
    if (!found) return null;
    const bit = found.uid === identity.uid ? 0o100 : found.gid === identity.gid ? 0o010 : 0o001;
    if ((found.mode & bit) === 0) return folder;
  }
  return null;
}

/**
 * Postgres's lock file names a pid, and Postgres takes any living process of that pid for itself: after a crash it may be
 * another program's. The file is removed only when that program is seen not to be Postgres on this folder.
 */
export async function removeStaleLock(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const words = await commandLine(pid);
  if (words === null || words.startsWith('postgres:') || words.includes(data)) return;
  await rm(file, { force: true });
}

/** What a process was started with; null when there is no such process, or the system does not say. */
async function commandLine(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || null;
    } catch {
      return null;
    }
  }
  const { code, stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]);
  return code === 0 ? stdout.trim() || null : null;
}
