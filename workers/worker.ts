import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities, type Lake } from '../activities/index.ts';
import { compileCatalogue } from '../catalog/compile.ts';
import { loadCatalogue } from '../catalog/load.ts';
import { migrate } from '../control-db/migrate.ts';
import { shipArtifacts } from './artifacts.ts';
import { ensureBackfillQueue } from './backfill-queue.ts';
import { deploymentOptions } from './build-id.ts';
import { awsClients, postgresPool, temporalClient, temporalConnectConfig } from './clients.ts';
import { bucketName, type Config } from './config.ts';
import { takeOver } from './deployments.ts';
import { activityLog, WORKFLOW_INTERCEPTORS } from './log-interceptors.ts';
import { refreshHolidays } from './schedule.ts';
import { changeText } from './schedule-description.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { installTelemetry, showSignsOfLife } from './telemetry.ts';

const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** On one machine steps take seconds, on EMR minutes: looking is cheap there and throttled here (docs/operations.md has the sums). */
const POLL_SECONDS = { local: 1, aws: 30 };

/** A worker ready to run, and what must be closed after it; `ready` is called once it is given work. */
export type ReadyWorker = { run: (ready: () => void) => Promise<void>; shutdown: () => void };

/**
 * `buildId` is the version of its code. A worker that is not `deployed` by a person waits for no deployment: its version
 * takes over what begins and what runs.
 */
export type WorkerVersion = { buildId: string; deployed: boolean };

/** Connects everything, migrates the control database, ships the Spark jobs and starts polling for the lake's work. */
export async function createWorker(config: Config, { buildId, deployed }: WorkerVersion): Promise<ReadyWorker> {
  const logger = await installTelemetry(config);
  const catalogue = compileCatalogue(loadCatalogue());
  const aws = awsClients(config);
  const database = postgresPool(config);
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  database.on('error', (error) => logger.warn(`Postgres: ${error.message}`));
  const client = await temporalClient(config);
  const [artifacts] = await Promise.all([
    shipArtifacts(aws.s3, bucketName(config, 'controle'), catalogue),
    migrate(config.postgresUrl),
    ensureSearchAttributes(client),
  ]);
  const refreshCalendar = async () => (await refreshHolidays(client, new Date())).map(changeText);
  const lake: Lake = { ...aws, database, catalogue, artifacts, settings: settingsOf(config), refreshCalendar };
  const { connectionOptions, namespace } = temporalConnectConfig(config);
  const connection = await NativeConnection.connect(connectionOptions);
  const worker = await Worker.create({
    connection,
    namespace: namespace ?? 'default',
    taskQueue: config.temporal.taskQueue,
    workflowsPath: WORKFLOWS,
    activities: createActivities(lake),
    interceptors: { workflowModules: WORKFLOW_INTERCEPTORS, activity: [activityLog] },
    workerDeploymentOptions: deploymentOptions(buildId),
    maxConcurrentActivityTaskExecutions: 20,
    // Heartbeats are throttled; at the default a cancellation would be learned late.
    maxHeartbeatThrottleInterval: '1s',
    // Told to end, it interrupts at once what waits for others, so that the next worker goes on with it, and finishes what
    // it does itself.
    shutdownGraceTime: 0,
  });
  await ensureBackfillQueue(client, config.temporal.taskQueue);
  return {
    run: async (ready) => {
      const signs = showSignsOfLife(database, logger);
      try {
        const running = worker.run();
        if (!deployed) await Promise.race([running, takeOver(client, config.temporal.taskQueue, buildId)]);
        ready();
        await running;
      } finally {
        signs.stop();
        await Promise.all([connection.close(), client.connection.close(), database.end()]);
      }
    },
    shutdown: () => worker.shutdown(),
  };
}

function settingsOf(config: Config): Lake['settings'] {
  return {
    bucketPrefix: config.bucketPrefix,
    athenaWorkGroup: config.athena.workGroup,
    emr: config.emr,
    alerts: config.alerts,
    pollSeconds: config.endpoints ? POLL_SECONDS.local : POLL_SECONDS.aws,
  };
}
