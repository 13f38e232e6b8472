import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { run } from '../tools/command.ts';
import { MachineProblem } from '../tools/index.ts';
import type { PostgresPrograms } from '../tools/postgres.ts';
import { type Part, startPart } from './process.ts';

const USER = 'podlake';
export const postgresUrl = (port: number, database = 'podlake') => `postgres://${USER}@127.0.0.1:${port}/${database}`;

/** Postgres in the stack's folder, on loopback only, without a password: what the system's own user may do anyway. */
export async function startPostgres(options: {
  programs: PostgresPrograms;
  folder: string;
  port: number;
  log: string;
}): Promise<Part> {
  const data = join(options.folder, 'postgres');
  const identity = await unprivileged();
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(options.programs, data, identity);
  const part = await startPart({
    name: 'postgres',
    file: options.programs.postgres,
    args: [
      '-D',
      data,
      '-p',
      String(options.port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ],
    log: options.log,
    identity,
    ready: async () => {
      await query(options.port, 'postgres', 'select 1');
      return true;
    },
  });
  const found = await query(options.port, 'postgres', `select 1 from pg_database where datname = 'podlake'`);
  if (found.rowCount === 0) await query(options.port, 'postgres', 'create database podlake');
  return part;
}

/** Makes the data folder beside its place and moves it there whole, so that a killed first start leaves nothing half made. */
async function initialise(programs: PostgresPrograms, data: string, identity: Identity): Promise<void> {
  const partial = `${data}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  if (identity) await chown(partial, identity.uid, identity.gid);
  const args = ['-D', partial, '-U', USER, '--auth=trust', '--encoding=UTF8', '--locale=C'];
  const result = await run(programs.initdb, args, { identity, env: { ...process.env, LC_ALL: 'C' } });
  if (result.code !== 0) {
    throw new MachineProblem(
      `Postgres cannot be set up in ${data}: ${result.stderr.trim().split('\n').slice(-3).join(' ')} ${
        identity ? 'As root it runs as the user "nobody", who must be able to enter the folders above it.' : ''
      }`,
    );
  }
  await rename(partial, data);
  await writeFile(
    join(data, '..', 'README'),
    'State of a local stack of the Pod Bank data lake; "podlake down --erase" deletes it.\n',
  );
}

type Identity = { uid: number; gid: number } | undefined;

/** Postgres refuses to run as root; it is given the user that owns nothing. */
async function unprivileged(): Promise<Identity> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await run('id', ['-u', 'nobody']);
  const group = await run('id', ['-g', 'nobody']);
  return { uid: Number(stdout), gid: Number(group.stdout) };
}

async function query(port: number, database: string, text: string) {
  const client = new pg.Client({ connectionString: postgresUrl(port, database), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}
