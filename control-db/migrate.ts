import { join } from 'node:path';
import { runner } from 'node-pg-migrate';

/**
 * Brings the control database to the newest migration, or on by `count` of them; safe to repeat and to run from several
 * processes at once.
 */
export async function migrate(postgresUrl: string, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const done = await runner({
    databaseUrl: postgresUrl,
    dir: join(import.meta.dirname, 'migrations'),
    migrationsTable: 'migration',
    direction: 'up',
    count,
    noLock: false,
    lockValue: 7_241_905,
    checkOrder: true,
    log: () => undefined,
  });
  return done.map((migration) => migration.name);
}
