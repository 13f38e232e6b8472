import { join } from 'node:path';
import pg from 'pg';
import { choosePorts } from '../../../infra/local/stack/ports.ts';
import { postgresUrl, startPostgres } from '../../../infra/local/stack/postgres.ts';
import { postgresPrograms } from '../../../infra/local/tools/postgres.ts';
import type { Keeper } from './play.ts';

export async function postgres(folder: string): Promise<Keeper> {
  const { postgres: port } = await choosePorts(false);
  const programs = await postgresPrograms();
  const query = async (text: string, values: unknown[] = []) => {
    const client = new pg.Client({ connectionString: postgresUrl(port), connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    await client.connect();
    return client.query(text, values).finally(() => client.end());
  };
  return {
    start: async () => {
      const part = await startPostgres({ programs, folder, port, log: join(folder, 'postgres.log') });
      await query('create table if not exists item (number int primary key, content bytea)');
      return part;
    },
    write: async (number) => {
      // Bytes that cannot be compressed, told from others by their digest.
      const content = `(select string_agg(sha256(($1::text || i)::bytea), '' order by i) from generate_series(1, 3000) i)`;
      await query(`insert into item values ($1::int, ${content})`, [number]);
    },
    read: async () => {
      const { rows } = await query('select number from item where length(content) = 3000 * 32');
      return rows.map(({ number }) => number);
    },
  };
}
