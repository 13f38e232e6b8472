import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUCKET_PREFIX } from './buckets.ts';
import { writeWhole } from './folder.ts';
import { freePort, isFree, type Ports } from './ports.ts';
import { postgresUrl } from './postgres.ts';
import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';
import { temporalProfileFile } from './temporal.ts';

/** Writes the configuration of the local stack, in the shape that `workers/config.ts` checks. */
export function writeConfig(folder: string, ports: Ports, metrics: string): void {
  const config = {
    region: REGION,
    bucketPrefix: BUCKET_PREFIX,
    endpoints: { s3: `http://127.0.0.1:${ports.s3}`, aws: `http://127.0.0.1:${ports.aws}` },
    s3PathStyle: true,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    postgresUrl: postgresUrl(ports.postgres),
    temporal: {
      profile: 'default',
      configFile: temporalProfileFile(folder),
      webUi: `http://127.0.0.1:${ports.temporalUi}`,
    },
    emr: {},
    athena: {},
    metrics: { prometheusAddress: metrics },
  };
  writeWhole(join(folder, 'config.json'), JSON.stringify(config, null, 2));
}

/**
 * Where the worker of the stack serves its metrics: as before, if nobody else took the port. It is none of the stack's own
 * ports, for nothing depends on it.
 */
export async function metricsAddress(folder: string): Promise<string> {
  const before = addressBefore(join(folder, 'config.json'));
  const port = Number(before?.split(':').at(-1));
  return before && port && (await isFree(port)) ? before : `127.0.0.1:${await freePort()}`;
}

function addressBefore(file: string): string | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).metrics?.prometheusAddress ?? null;
  } catch {
    return null;
  }
}
