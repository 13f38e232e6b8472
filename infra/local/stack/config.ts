import { join } from 'node:path';
import { BUCKET_PREFIX } from './buckets.ts';
import { writeWhole } from './folder.ts';
import type { Ports } from './ports.ts';
import { postgresUrl } from './postgres.ts';
import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';
import { temporalProfileFile } from './temporal.ts';

/** Writes the configuration of the local stack, in the shape that `workers/config.ts` checks. */
export function writeConfig(folder: string, ports: Ports): void {
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
  };
  writeWhole(join(folder, 'config.json'), JSON.stringify(config, null, 2));
}
