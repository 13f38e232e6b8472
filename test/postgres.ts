import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../control-db/migrate.ts';
import { choosePorts } from '../infra/local/stack/ports.ts';
import { postgresUrl, startPostgres } from '../infra/local/stack/postgres.ts';
import { stopPart } from '../infra/local/stack/process.ts';
import { postgresPrograms } from '../infra/local/tools/postgres.ts';

export type TestPostgres = {
  url: string;
  /** The control database, migrated. */
  database: pg.Pool;
  /** Leaves no row in any of its tables, and begins all numbers anew. */
  empty: () => Promise<void>;
  stop: () => Promise<void>;
};

/** A real Postgres in a temporary folder on a free port, for one file of tests. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'podlake-postgres-'));
  // Started by root, Postgres runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const { postgres: port } = await choosePorts(false);
  const part = await startPostgres({ programs: await postgresPrograms(), folder, port, log: join(folder, 'log') });
  const url = postgresUrl(port);
  await migrate(url);
  const database = new pg.Pool({ connectionString: url });
  const { rows } = await database.query(
    `select string_agg(quote_ident(tablename), ', ') as tables from pg_tables
     where schemaname = 'public' and tablename <> 'migration'`,
  );
  return {
    url,
    database,
    async empty() {
      await database.query(`truncate ${rows[0].tables} restart identity cascade`);
    },
    async stop() {
      await database.end();
      // At SIGTERM Postgres waits until the last client is gone, so that none is told of an end nobody awaits.
      await stopPart(part, 15_000, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
