import { join } from 'node:path';
import { run } from '../tools/command.ts';
import { writeWhole } from './folder.ts';
import { type Part, type Starting, startPart } from './process.ts';

export const temporalProfileFile = (folder: string) => join(folder, 'temporal.toml');

/**
 * What Temporal acknowledged survives a power cycle. Its own choice, a rollback journal, does not quite: SQLite deletes the
 * journal without syncing the folder, and a journal that is back after the cycle rolls the last transaction back. A
 * write-ahead log with full synchronisation does, with a quarter of the syncs.
 */
export const DURABLE = ['journal_mode=wal', 'synchronous=full'];

export type TemporalOptions = { program: string; folder: string; port: number; uiPort: number; log: string };

/** Temporal's development server with its web UI, its database a file in the stack's folder. */
export async function startTemporal(options: TemporalOptions, starting: Starting = {}): Promise<Part> {
  const address = `127.0.0.1:${options.port}`;
  writeWhole(temporalProfileFile(options.folder), `[profile.default]\naddress = "${address}"\nnamespace = "default"`);
  return startPart({
    name: 'temporal',
    file: options.program,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port)],
      ...['--ui-port', String(options.uiPort), '--log-level', 'warn'],
      ...['--db-filename', join(options.folder, 'temporal.db')],
      ...DURABLE.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ],
    log: options.log,
    ready: async () =>
      (
        await run(options.program, ['operator', 'cluster', 'health', '--address', address], { timeoutMs: 5_000 })
      ).stdout.includes('SERVING'),
    ...starting,
  });
}
