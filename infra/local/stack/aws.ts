import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Tools } from '../tools/index.ts';
import { writeWhole } from './folder.ts';
import { type Part, startPart } from './process.ts';
import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';
import { localSparkDefaults } from './spark-defaults.ts';

/** Glue, EMR, Athena and SNS for one machine: the Python package in `infra/local/aws`. */
export async function startAws(options: {
  tools: Tools;
  folder: string;
  port: number;
  s3Port: number;
  bucketPrefix: string;
  log: string;
}): Promise<Part> {
  const state = join(options.folder, 'aws');
  await mkdir(state, { recursive: true });
  const endpoint = `http://127.0.0.1:${options.port}`;
  const s3Endpoint = `http://127.0.0.1:${options.s3Port}`;
  const config = join(options.folder, 'aws.json');
  await writeWhole(
    config,
    JSON.stringify(
      {
        host: '127.0.0.1',
        port: options.port,
        stateDir: state,
        region: REGION,
        accountId: '123456789012',
        s3Endpoint,
        accessKey: ACCESS_KEY,
        secretKey: SECRET_KEY,
        python: options.tools.python,
        javaHome: options.tools.javaHome,
        sparkHome: options.tools.sparkHome,
        jars: options.tools.jars,
        sparkDefaults: localSparkDefaults({ endpoint, s3Endpoint, scratch: join(options.folder, 'spark') }),
        athenaOutput: `s3://${options.bucketPrefix}-controle/athena/`,
        logLevel: 'info',
      },
      null,
      2,
    ),
  );
  return startPart({
    name: 'aws',
    file: options.tools.python,
    args: ['-m', 'podlake_aws', '--config', config],
    env: { ...process.env, PYTHONPATH: resolve(import.meta.dirname, '..', 'aws'), PYTHONUNBUFFERED: '1' },
    log: options.log,
    ready: async () => (await fetch(`${endpoint}/health`)).ok,
  });
}
