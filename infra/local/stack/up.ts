import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { MachineProblem, type Report, type Tools } from '../tools/index.ts';
import { startAws } from './aws.ts';
import { readStack, type StackRecord, stackFolder, writeStack, writeWhole } from './folder.ts';
import { choosePorts, mustBeFree, type Ports } from './ports.ts';
import { postgresUrl, startPostgres } from './postgres.ts';
import { isRunning, onEnd, type Part, startTime, stopPart } from './process.ts';
import { ACCESS_KEY, REGION, SECRET_KEY, startS3 } from './s3.ts';
import { endSparkSteps } from './spark-steps.ts';
import { startTemporal, temporalProfileFile } from './temporal.ts';

export const BUCKET_PREFIX = 'podbank';
const BUCKETS = ['landing', 'transient', 'raw', 'trusted', 'refined', 'controle'];
/** The last to stop are those that the others write to. */
const STOP_ORDER = ['worker', 'aws', 'temporal', 'postgres', 's3'];

export type Stack = {
  folder: string;
  ports: Ports;
  addresses: { temporalUi: string; s3: string; aws: string; postgres: string; temporal: string };
  /** Adds a part that someone else started (the worker), so that it is stopped with the rest. */
  add: (part: Part) => Promise<void>;
  /** Called once, with the first part that ends although nobody stopped it. */
  whenBroken: (listener: (part: Part, how: string) => void) => void;
  stop: (report: Report) => Promise<void>;
};

/**
 * Starts S3, AWS's endpoints, Postgres and Temporal of a stack, writes its configuration and makes its buckets.
 * @throws MachineProblem when it is running already, a port is taken or a part does not start.
 */
export async function startStack(options: {
  name: string;
  tools: Tools;
  report: Report;
  newPorts?: boolean;
}): Promise<Stack> {
  const { name, tools, report } = options;
  const folder = stackFolder(name);
  const before = await readStack(name);
  if (before) await endLeftovers(before, report);
  const ports = before && !options.newPorts ? before.ports : await choosePorts(name === 'default');
  await mustBeFree(ports, name);
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });

  const parts: Part[] = [];
  const supervisor = { pid: process.pid, startedAt: (await startTime(process.pid)) ?? '' };
  const record = () => writeStack({ name, ports, supervisor, parts });
  await record();
  const started = async (starting: Promise<Part>) => {
    parts.push(await starting);
    await record();
  };
  report('starting S3, AWS endpoints, Postgres and Temporal');
  const log = (part: string) => join(logs, `${part}.log`);
  const results = await Promise.allSettled([
    started(startS3({ program: tools.versitygw, folder, port: ports.s3, log: log('s3') })),
    started(
      startAws({ tools, folder, port: ports.aws, s3Port: ports.s3, bucketPrefix: BUCKET_PREFIX, log: log('aws') }),
    ),
    started(startPostgres({ programs: tools.postgres, folder, port: ports.postgres, log: log('postgres') })),
    started(
      startTemporal({
        program: tools.temporal,
        folder,
        port: ports.temporal,
        uiPort: ports.temporalUi,
        log: log('temporal'),
      }),
    ),
  ]);
  const stop = async (tell: Report) => {
    stopping = true;
    for (const part of inStopOrder(parts)) {
      tell(`stopping ${part.name}`);
      await stopPart(part, part.name === 'worker' ? 30_000 : 15_000, part.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
      if (part.name === 'aws' && (await endSparkSteps(join(folder, 'aws'))) > 0) tell('ended the Spark steps that ran');
    }
    await writeStack({ name, ports, supervisor: null, parts: [] });
  };
  let stopping = false;
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop(() => undefined);
    throw failed.reason;
  }
  await makeBuckets(ports);
  await writeWhole(join(folder, 'config.json'), JSON.stringify(localConfig(folder, ports), null, 2));
  const listeners: ((part: Part, how: string) => void)[] = [];
  const watch = (part: Part) =>
    onEnd(part, (how) => {
      if (!stopping) for (const listener of listeners) listener(part, how);
    });
  parts.forEach(watch);
  return {
    folder,
    ports,
    addresses: {
      temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
      s3: `http://127.0.0.1:${ports.s3}`,
      aws: `http://127.0.0.1:${ports.aws}`,
      postgres: postgresUrl(ports.postgres),
      temporal: `127.0.0.1:${ports.temporal}`,
    },
    add: async (part) => {
      parts.push(part);
      watch(part);
      await record();
    },
    whenBroken: (listener) => listeners.push(listener),
    stop,
  };
}

/** Stops a stack from outside: its supervisor when it lives, else what it left running. Returns whether anything ran. */
export async function stopStack(name: string, report: Report): Promise<boolean> {
  const record = await readStack(name);
  if (!record) return false;
  if (record.supervisor && (await isRunning(record.supervisor))) {
    report(`stopping the stack "${name}"`);
    await stopPart({ ...record.supervisor, name: 'supervisor', log: '' }, 90_000);
    return true;
  }
  return endParts(record, report);
}

export async function isUp(name: string): Promise<boolean> {
  const record = await readStack(name);
  return record?.supervisor != null && (await isRunning(record.supervisor));
}

async function endLeftovers(record: StackRecord, report: Report): Promise<void> {
  if (record.supervisor && (await isRunning(record.supervisor))) {
    throw new MachineProblem(
      `The stack "${record.name}" is running already (process ${record.supervisor.pid}). Use it, or stop it with "podlake down".`,
    );
  }
  await endParts(record, report);
}

async function endParts(record: StackRecord, report: Report): Promise<boolean> {
  let any = false;
  for (const part of inStopOrder(record.parts)) {
    if (!(await isRunning(part))) continue;
    any = true;
    report(`ending ${part.name}, left by a stack that was killed`);
    await stopPart(part);
  }
  await writeStack({ name: record.name, ports: record.ports, supervisor: null, parts: [] });
  return any;
}

const inStopOrder = (parts: Part[]) =>
  [...parts].sort((a, b) => STOP_ORDER.indexOf(a.name) - STOP_ORDER.indexOf(b.name));

async function makeBuckets(ports: Ports): Promise<void> {
  const s3 = new S3Client({
    region: REGION,
    endpoint: `http://127.0.0.1:${ports.s3}`,
    forcePathStyle: true,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  for (const bucket of BUCKETS) {
    await s3.send(new CreateBucketCommand({ Bucket: `${BUCKET_PREFIX}-${bucket}` })).catch((error: Error) => {
      if (!/^BucketAlready/.test(error.name)) throw error;
    });
  }
  s3.destroy();
}

/** The configuration of the local stack, in the shape that `workers/config.ts` checks. */
function localConfig(folder: string, ports: Ports) {
  return {
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
}
