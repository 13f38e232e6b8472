import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUCKET_PREFIX } from './buckets.ts';
import { writeWhole } from './folder.ts';
import { freePort, isFree, type Ports } from './ports.ts';
import { postgresUrl } from './postgres.ts';
import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';
import { temporalProfileFile } from './temporal.ts';

/** What a person may set in the configuration of a local stack; all else is written anew at each start. */
const OWN_KEYS = ['emr', 'alerts', 'log'] as const;

/** Writes the configuration of the local stack, in the shape that `workers/config.ts` checks. */
export function writeConfig(folder: string, ports: Ports, metrics: string): void {
  const file = join(folder, 'config.json');
  const before = configBefore(file);
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
    ...Object.fromEntries(OWN_KEYS.flatMap((key) => (before[key] === undefined ? [] : [[key, before[key]]]))),
  };
  writeWhole(file, JSON.stringify(config, null, 2));
}

/**
 * Where the worker of the stack serves its metrics: as before, if nobody else took the port. It is none of the stack's own
 * ports, for nothing depends on it.
 */
export async function metricsAddress(folder: string): Promise<string> {
  const before = configBefore(join(folder, 'config.json')).metrics?.prometheusAddress;
  const port = Number(before?.split(':').at(-1));
  return before && port && (await isFree(port)) ? before : `127.0.0.1:${await freePort()}`;
}

type Before = { metrics?: { prometheusAddress?: string } } & Partial<Record<(typeof OWN_KEYS)[number], unknown>>;

/** @throws Error that names the file, when a person left it in a state that is no JSON. */
function configBefore(file: string): Before {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}. Mend it, or delete it: it is written anew.`);
  }
}
