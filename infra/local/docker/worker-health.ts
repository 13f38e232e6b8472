// Health of the worker's container: Temporal must have seen a worker of this host ask for work within the last minutes.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** A worker that has nothing to do asks again after a minute; two that are missed are one too many. */
const SILENCE_MS = 150_000;
const WORKFLOW_TASKS = 1;

const { temporal } = JSON.parse(readFileSync(process.env['PODLAKE_CONFIG'] ?? 'config.json', 'utf8')) as {
  temporal: { profile: string; configFile: string; taskQueue: string };
};
const { connectionOptions, namespace } = loadClientConnectConfig({
  profile: temporal.profile,
  configSource: { path: temporal.configFile },
});
const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5s' });
const { pollers } = await connection.workflowService.describeTaskQueue({
  namespace: namespace ?? 'default',
  taskQueue: { name: temporal.taskQueue },
  taskQueueType: WORKFLOW_TASKS,
});
await connection.close();
const polls = pollers?.some(
  ({ identity, lastAccessTime }) =>
    identity?.endsWith(`@${hostname()}`) && Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < SILENCE_MS,
);
if (!polls) {
  console.error(`no worker of ${hostname()} polls ${temporal.taskQueue}`);
  process.exitCode = 1;
}
