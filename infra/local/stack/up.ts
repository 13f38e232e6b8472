import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, MachineProblem, type Report, type Tools } from '../tools/index.ts';
import { attributesFolder } from './attributes.ts';
import { startAws } from './aws.ts';
import { BUCKET_PREFIX, makeBuckets } from './buckets.ts';
import { clockWarning } from './clock.ts';
import { metricsAddress, writeConfig } from './config.ts';
import { guardDisk, mustHaveSpace } from './disk.ts';
import { stackFolder } from './folder.ts';
import { type Hold, holdInTurn } from './hold.ts';
import { choosePorts, mustBeFree, type Ports } from './ports.ts';
import { postgresUrl, startPostgres } from './postgres.ts';
import { checkPostgres, unprivileged } from './postgres-data.ts';
import { isRunning, startTime } from './process.ts';
import { otherStacks, readStack, type StackRecord, writeStack } from './record.ts';
import { startS3 } from './s3.ts';
import { clearUnfinishedObjects } from './s3-leftovers.ts';
import { endSparkSteps, runningSparkSteps } from './spark-steps.ts';
import { endLeftovers, holdOfStack } from './stop.ts';
import { type PartDefinition, Supervisor } from './supervise.ts';
import { startTemporal } from './temporal.ts';

/** `stack.json` says when the stack was last in use, give or take this. */
const NOTE_USE_EVERY_MS = 30_000;

export type Stack = {
  folder: string;
  ports: Ports;
  addresses: { temporalUi: string; s3: string; aws: string; postgres: string; temporal: string; metrics: string };
  /** Adds a part of someone else (the worker), which is kept running and stopped with the rest. */
  start: (definition: PartDefinition) => Promise<void>;
  /** Settles with a sentence when the stack cannot go on: a part that does not stay up, a disk that fills. */
  broken: Promise<string>;
  /** Stops everything in order; a second call waits for the first one. */
  stop: (report: Report) => Promise<void>;
};

export type StartOptions = {
  name: string;
  tools: Tools;
  report: Report;
  newPorts?: boolean;
  /** Stops, in order, what was started so far. */
  interrupted?: AbortSignal;
};

/**
 * Starts S3, AWS's endpoints, Postgres and Temporal of a stack and keeps them running, writes its configuration and makes
 * its buckets.
 * @throws MachineProblem when it is running already, the machine cannot carry it, or a part does not start
 */
export async function startStack(options: StartOptions): Promise<Stack> {
  await mustHaveSpace(stackFolder(options.name));
  const held = await takeStack(options.name);
  try {
    return await startHeld(options, held);
  } catch (error) {
    held.release();
    throw error;
  }
}

/** Makes this process the only one that may supervise the stack. */
async function takeStack(name: string): Promise<Hold> {
  const held = holdOfStack(name);
  try {
    const supervisor = (await readStack(name))?.supervisor;
    if (supervisor && (await isRunning(supervisor))) {
      throw new MachineProblem(
        `The stack "${name}" is running already (process ${supervisor.pid}). Use it, or stop it with "podlake down --stack ${name}".`,
      );
    }
    if (held) return held;
    throw new MachineProblem(
      `Another podlake command is starting, stopping or deleting the stack "${name}" just now. Wait for it, and repeat.`,
    );
  } catch (error) {
    held?.release();
    throw error;
  }
}

async function startHeld(options: StartOptions, held: Hold): Promise<Stack> {
  const { name, tools, report, interrupted } = options;
  const folder = stackFolder(name);
  await checkPostgres(tools.postgres, folder, await unprivileged());
  const before = await readStack(name);
  if (before) await lookBack(before, report);
  const sidecar = await attributesFolder(tools.python, folder, report);
  // Between the look at a port and the part that takes it, another stack could choose the same one: one starts at a time.
  const turn = await holdInTurn(
    join(cacheFolder(), 'starting.lock'),
    () => report('waiting for another stack that is starting'),
    interrupted,
  );
  try {
    const ports = await portsOf(options, before);
    // Steps that go on know the old ports alone.
    if (options.newPorts && (await endSparkSteps(join(folder, 'aws'))) > 0) report('ended the Spark steps that ran');
    // A step that goes on without its stack may be in the middle of an upload.
    if ((await runningSparkSteps(join(folder, 'aws'))).length === 0) await clearUnfinishedObjects(folder, sidecar);
    const logs = join(folder, 'logs');
    await mkdir(logs, { recursive: true });
    report('starting S3, AWS endpoints, Postgres and Temporal');
    return await startParts(options, { folder, ports, sidecar, logs, held });
  } finally {
    turn.release();
  }
}

/** What the last use of the stack left for this one. */
async function lookBack(before: StackRecord, report: Report): Promise<void> {
  const warning = clockWarning(before.name, before.lastUsed);
  if (warning) report(warning);
  await endLeftovers(before, report);
}

async function portsOf({ name, newPorts }: StartOptions, before: StackRecord | null): Promise<Ports> {
  const others = await otherStacks(name);
  const kept = others.flatMap((other) => Object.values(other.ports));
  const ports = before && !newPorts ? before.ports : await choosePorts(name === 'default', kept);
  const running = await Promise.all(others.map(({ supervisor }) => supervisor !== null && isRunning(supervisor)));
  await mustBeFree(
    ports,
    name,
    others.filter((_, index) => running[index]),
  );
  return ports;
}

type Prepared = { folder: string; ports: Ports; sidecar: string | null; logs: string; held: Hold };

async function startParts(options: StartOptions, prepared: Prepared): Promise<Stack> {
  const { name, report, interrupted } = options;
  const { folder, ports, held } = prepared;
  const me = { pid: process.pid, startedAt: (await startTime(process.pid)) ?? '' };
  const record = (parts: StackRecord['parts'], supervisor: StackRecord['supervisor'] = me) =>
    writeStack({ name, ports, supervisor, parts, lastUsed: new Date().toISOString() });
  record([]);
  const supervisor = new Supervisor({ changed: record, report });
  let stopped: Promise<void> | undefined;
  const stop = (tell: Report) => {
    stopped ??= (async () => {
      await supervisor.stop(tell, async (part) => {
        if (part !== 'aws') return;
        if ((await endSparkSteps(join(folder, 'aws'))) > 0) tell('ended the Spark steps that ran');
      });
      try {
        record([], null);
      } catch (error) {
        tell(`${folder}/stack.json could not be written (${(error as Error).message}); the next start does without`);
      }
      held.release();
    })();
    return stopped;
  };
  interrupted?.addEventListener('abort', () => void stop(report), { once: true });
  if (interrupted?.aborted) await stop(report);

  const results = await Promise.allSettled(
    definitions(options.tools, prepared).map((definition) => supervisor.start(definition)),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop(() => undefined);
    throw failed.reason;
  }
  await makeBuckets(`http://127.0.0.1:${ports.s3}`);
  const metrics = await metricsAddress(folder);
  writeConfig(folder, ports, metrics);
  guardDisk(folder, (sentence) => supervisor.giveUp(sentence), supervisor.stopping);
  noteUse(() => record(supervisor.parts), supervisor.stopping);
  return {
    folder,
    ports,
    addresses: {
      temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
      s3: `http://127.0.0.1:${ports.s3}`,
      aws: `http://127.0.0.1:${ports.aws}`,
      postgres: postgresUrl(ports.postgres),
      temporal: `127.0.0.1:${ports.temporal}`,
      metrics: `http://${metrics}/metrics`,
    },
    start: (definition) => supervisor.start(definition),
    broken: supervisor.broken,
    stop,
  };
}

function definitions(tools: Tools, { folder, ports, sidecar, logs }: Prepared): PartDefinition[] {
  const log = (part: string) => join(logs, `${part}.log`);
  const s3 = { program: tools.versitygw, folder, port: ports.s3, sidecar, log: log('s3') };
  const aws = { tools, folder, port: ports.aws, s3Port: ports.s3, bucketPrefix: BUCKET_PREFIX, log: log('aws') };
  const postgres = { programs: tools.postgres, folder, port: ports.postgres, log: log('postgres') };
  const places = { folder, port: ports.temporal, uiPort: ports.temporalUi };
  const temporal = { program: tools.temporal, ...places, log: log('temporal') };
  return [
    { name: 's3', start: (starting) => startS3(s3, starting) },
    { name: 'aws', start: (starting) => startAws(aws, starting) },
    { name: 'postgres', start: (starting) => startPostgres(postgres, starting) },
    { name: 'temporal', start: (starting) => startTemporal(temporal, starting) },
  ];
}

function noteUse(note: () => void, until: AbortSignal): void {
  const timer = setInterval(() => {
    try {
      note();
    } catch {
      // A disk that is full now is the guard's business; the next note comes soon.
    }
  }, NOTE_USE_EVERY_MS);
  timer.unref();
  until.addEventListener('abort', () => clearInterval(timer), { once: true });
}
