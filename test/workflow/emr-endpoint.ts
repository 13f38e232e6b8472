// The local EMR with a spark-submit that only waits, for tests of what the lake does about its clusters.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAws } from '../../infra/local/stack/aws.ts';
import { choosePorts } from '../../infra/local/stack/ports.ts';
import { type Part, stopPart } from '../../infra/local/stack/process.ts';
import { ACCESS_KEY, REGION, SECRET_KEY, startS3 } from '../../infra/local/stack/s3.ts';
import { type AwsClients, awsClients } from '../../workers/clients.ts';
import { type Config, parseConfig } from '../../workers/config.ts';

/** The first trusted step works until it is ended; all others are done at once. */
const SPARK_SUBMIT = `#!/bin/sh
begun="$(dirname "$0")/trusted-began"
case "$*" in *" trusted "*) if ! test -e "$begun"; then touch "$begun"; exec sleep 120; fi;; esac
`;

export type EmrEndpoint = { config: Config; aws: AwsClients; stop: () => Promise<void> };

export async function startEmrEndpoint(): Promise<EmrEndpoint> {
  const folder = await mkdtemp(join(tmpdir(), 'podlake-emr-'));
  const parts: Part[] = [];
  const stop = async () => {
    for (const part of parts.reverse()) await stopPart(part, 15_000);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { s3: s3Port, aws: port } = await choosePorts(false);
    await mkdir(join(folder, 's3', 'lake-controle'), { recursive: true });
    const program = process.env['PODLAKE_VERSITYGW'] ?? '';
    parts.push(await startS3({ program, folder, port: s3Port, log: join(folder, 's3.log') }));
    const sparkHome = join(folder, 'spark-home');
    await mkdir(join(sparkHome, 'bin'), { recursive: true });
    await writeFile(join(sparkHome, 'bin', 'spark-submit'), SPARK_SUBMIT);
    await chmod(join(sparkHome, 'bin', 'spark-submit'), 0o755);
    const tools = { python: process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? '', javaHome: '/', sparkHome, jars: [] };
    parts.push(await startAws({ tools, folder, port, s3Port, bucketPrefix: 'lake', log: join(folder, 'aws.log') }));
    const config = parseConfig(
      JSON.stringify({
        region: REGION,
        bucketPrefix: 'lake',
        endpoints: { s3: `http://127.0.0.1:${s3Port}`, aws: `http://127.0.0.1:${port}` },
        s3PathStyle: true,
        credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
        postgresUrl: 'none',
        temporal: {},
        emr: {},
        athena: {},
      }),
      'of the test',
    );
    return { config, aws: awsClients(config), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
