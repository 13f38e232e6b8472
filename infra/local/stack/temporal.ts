import { join } from 'node:path';
import { run } from '../tools/command.ts';
import { writeWhole } from './folder.ts';
import { type Part, startPart } from './process.ts';

export const temporalProfileFile = (folder: string) => join(folder, 'temporal.toml');

/** Temporal's development server with its web UI, its database a file in the stack's folder. */
export async function startTemporal(options: {
  program: string;
  folder: string;
  port: number;
  uiPort: number;
  log: string;
}): Promise<Part> {
  const address = `127.0.0.1:${options.port}`;
  await writeWhole(
    temporalProfileFile(options.folder),
    `[profile.default]\naddress = "${address}"\nnamespace = "default"`,
  );
  return startPart({
    name: 'temporal',
    file: options.program,
    args: [
      ...[
        'server',
        'start-dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(options.port),
        '--ui-port',
        String(options.uiPort),
      ],
      ...['--db-filename', join(options.folder, 'temporal.db'), '--log-level', 'warn'],
    ],
    log: options.log,
    ready: async () =>
      (
        await run(options.program, ['operator', 'cluster', 'health', '--address', address], { timeoutMs: 5_000 })
      ).stdout.includes('SERVING'),
  });
}
