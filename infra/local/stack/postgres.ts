import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { run } from '../tools/command.ts';
import { MachineProblem } from '../tools/index.ts';
import type { PostgresPrograms } from '../tools/postgres.ts';
import { checkPostgres, type Identity, removeStaleLock, unprivileged } from './postgres-data.ts';
import { type Part, PartProblem, type Starting, startPart } from './process.ts';

const USER = 'podlake';
export const postgresUrl = (port: number, database = 'podlake') => `postgres://${USER}@127.0.0.1:${port}/${database}`;

/** What Postgres says while processes of the one before, whose postmaster was killed, still end. */
const ONE_BEFORE_STILL_ENDS = /pre-existing shared memory block|lock file ".*" already exists/;
const ONE_BEFORE_ENDS_WITHIN_MS = 15_000;

export type PostgresOptions = { programs: PostgresPrograms; folder: string; port: number; log: string };

/** Postgres in the stack's folder, on loopback only, without a password: what the system's own user may do anyway. */
export async function startPostgres(options: PostgresOptions, starting: Starting = {}): Promise<Part> {
  const data = join(options.folder, 'postgres');
  const identity = await unprivileged();
  await checkPostgres(options.programs, options.folder, identity);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(options.programs, data, identity);
  const part = await afterTheOneBefore(async () => {
    await removeStaleLock(data);
    return startPart({
      name: 'postgres',
      file: options.programs.postgres,
      args: [
        ...['-D', data, '-p', String(options.port)],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ],
      log: options.log,
      identity,
      ready: async () => {
        await query(options.port, 'postgres', 'select 1');
        return true;
      },
      ...starting,
    });
  }, starting.interrupted);
  const found = await query(options.port, 'postgres', `select 1 from pg_database where datname = 'podlake'`);
  if (found.rowCount === 0) await query(options.port, 'postgres', 'create database podlake');
  return part;
}

async function afterTheOneBefore(start: () => Promise<Part>, interrupted?: AbortSignal): Promise<Part> {
  const deadline = performance.now() + ONE_BEFORE_ENDS_WITHIN_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const later = error instanceof PartProblem && ONE_BEFORE_STILL_ENDS.test(error.tail);
      if (!later || performance.now() > deadline) throw error;
    }
    await setTimeout(300);
    interrupted?.throwIfAborted();
  }
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
      `Postgres cannot be set up in ${data}: ${result.stderr.trim().split('\n').slice(-3).join(' ')}`,
    );
  }
  await rename(partial, data);
  await writeFile(
    join(data, '..', 'README'),
    'State of a local stack of the Pod Bank data lake; "podlake down --erase" deletes it.\n',
  );
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
