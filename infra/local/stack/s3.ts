import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Part, type Starting, startPart } from './process.ts';

export const ACCESS_KEY = 'podlake';
export const SECRET_KEY = 'podlake-local';
export const REGION = 'us-east-1';

export type S3Options = {
  program: string;
  folder: string;
  port: number;
  log: string;
  /** Where an object's metadata lie on a file system without extended attributes (`attributes.ts`). */
  sidecar?: string | null;
};

/** S3 on a folder: versitygw's POSIX backend, a file an object. `--keep-alive` stays off: with it some of pyarrow's writes fail. */
export async function startS3(options: S3Options, starting: Starting = {}): Promise<Part> {
  await mkdir(join(options.folder, 's3'), { recursive: true });
  return startPart({
    name: 's3',
    file: options.program,
    args: [
      ...['--port', `127.0.0.1:${options.port}`, '--region', REGION, '--quiet', '--health', '/health', 'posix'],
      ...(options.sidecar ? ['--sidecar', options.sidecar] : []),
      join(options.folder, 's3'),
    ],
    env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    log: options.log,
    ready: async () => (await fetch(`http://127.0.0.1:${options.port}/health`)).ok,
    ...starting,
  });
}
