import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Tools } from '../tools/index.ts';
import { awsConfiguration } from './aws-configuration.ts';
import { writeWhole } from './folder.ts';
import { type Part, type Starting, startPart } from './process.ts';

export type AwsOptions = {
  tools: Pick<Tools, 'python' | 'javaHome' | 'sparkHome' | 'jars'>;
  folder: string;
  port: number;
  s3Port: number;
  bucketPrefix: string;
  log: string;
};

/** Glue, EMR, Athena and SNS for one machine: the Python package in `infra/local/aws`. */
export async function startAws(options: AwsOptions, starting: Starting = {}): Promise<Part> {
  const state = join(options.folder, 'aws');
  await mkdir(state, { recursive: true });
  const { tools, port, bucketPrefix } = options;
  const places = { state, scratch: join(options.folder, 'spark'), s3Endpoint: `http://127.0.0.1:${options.s3Port}` };
  const config = join(options.folder, 'aws.json');
  writeWhole(
    config,
    JSON.stringify(awsConfiguration({ tools, host: '127.0.0.1', port, bucketPrefix, ...places }), null, 2),
  );
  return startPart({
    name: 'aws',
    file: tools.python,
    args: ['-m', 'podlake_aws', '--config', config],
    env: { ...process.env, PYTHONPATH: resolve(import.meta.dirname, '..', 'aws'), PYTHONUNBUFFERED: '1' },
    log: options.log,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
    ...starting,
  });
}
