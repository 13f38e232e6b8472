import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Part, startPart } from './process.ts';

export const ACCESS_KEY = 'podlake';
export const SECRET_KEY = 'podlake-local';
export const REGION = 'us-east-1';

/** S3 on a folder: versitygw's POSIX backend, a file an object. `--keep-alive` stays off: with it some of pyarrow's writes fail. */
export async function startS3(options: { program: string; folder: string; port: number; log: string }): Promise<Part> {
  await mkdir(join(options.folder, 's3'), { recursive: true });
  return startPart({
    name: 's3',
    file: options.program,
    args: [
      '--port',
      `127.0.0.1:${options.port}`,
      '--region',
      REGION,
      '--quiet',
      '--health',
      '/health',
      'posix',
      join(options.folder, 's3'),
    ],
    env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    log: options.log,
    ready: async () => (await fetch(`http://127.0.0.1:${options.port}/health`)).ok,
  });
}
