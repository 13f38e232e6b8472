import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import { DEPLOYMENT_NAME } from './build-id.ts';

/** Numbers of the server's protocol, whose enumerations the client's package does not export. */
const [DRAINING, DRAINED] = [1, 2];
const WORKFLOW_TASKS = 1;
const [NOT_FOUND, NOT_YET] = [5, 9];

/** A workflow that runs, and whether it ends on the code of its version or goes over to a new one. */
export type VersionedRun = { workflowId: string; runId: string; type: string; pinned: boolean };

export type Version = {
  buildId: string;
  /**
   * `current` takes what begins, `ramping` a part of it. A version that was one of them is `draining` while workflows are
   * pinned to it, and `drained` when there is none any more. `inactive` was never used.
   */
  state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
  since: Date | null;
  /** When a worker of it last asked for work, which each does once a minute at least; null after five minutes of silence. */
  lastPoll: Date | null;
  runs: VersionedRun[];
};

export type Deployment = {
  current: string | null;
  ramping: { buildId: string; percentage: number } | null;
  /** Newest first. */
  versions: Version[];
  /** Changes with every change of it, so that two people do not overwrite what the other has set. */
  token: Uint8Array | null;
};

/** What the server knows of the versions of our workers; null before the first of them has polled. */
export async function describeDeployment(client: Client, taskQueue: string): Promise<Deployment | null> {
  const { workflowService } = client.connection;
  const { namespace } = client.options;
  const described = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName: DEPLOYMENT_NAME })
    .catch(notFound);
  const info = described?.workerDeploymentInfo;
  if (!described || !info) return null;
  const current = info.routingConfig?.currentDeploymentVersion?.buildId || null;
  const ramping = info.routingConfig?.rampingDeploymentVersion?.buildId || null;
  const [polls, runs] = await Promise.all([lastPolls(client, taskQueue), versionedRuns(client)]);
  const versions = (info.versionSummaries ?? []).map((summary): Version & { created: number } => {
    const buildId = summary.deploymentVersion?.buildId ?? '';
    const since = summary.currentSinceTime ?? summary.rampingSinceTime ?? summary.lastDeactivationTime;
    return {
      buildId,
      state: stateOf(buildId, current, ramping, summary.drainageInfo?.status),
      since: optionalTsToDate(since ?? summary.createTime) ?? null,
      lastPoll: polls.get(buildId) ?? null,
      runs: runs.get(buildId) ?? [],
      created: optionalTsToDate(summary.createTime)?.getTime() ?? 0,
    };
  });
  return {
    current,
    ramping:
      ramping === null ? null : { buildId: ramping, percentage: info.routingConfig?.rampingVersionPercentage ?? 0 },
    versions: versions.sort((a, b) => b.created - a.created).map(({ created: _, ...version }) => version),
    token: described.conflictToken ?? null,
  };
}

function stateOf(
  buildId: string,
  current: string | null,
  ramping: string | null,
  drainage: number | null | undefined,
): Version['state'] {
  if (buildId === current) return 'current';
  if (buildId === ramping) return 'ramping';
  if (drainage === DRAINING) return 'draining';
  return drainage === DRAINED ? 'drained' : 'inactive';
}

/** By version, when one of its workers last asked for the work of workflows. */
async function lastPolls(client: Client, name: string): Promise<Map<string, Date>> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType: WORKFLOW_TASKS,
  });
  const polls = new Map<string, Date>();
  for (const { deploymentOptions, lastAccessTime } of pollers ?? []) {
    const at = optionalTsToDate(lastAccessTime);
    const { deploymentName, buildId } = deploymentOptions ?? {};
    if (deploymentName !== DEPLOYMENT_NAME || !buildId || !at) continue;
    if (at > (polls.get(buildId) ?? new Date(0))) polls.set(buildId, at);
  }
  return polls;
}

/** By version the workflows that run on it. */
async function versionedRuns(client: Client): Promise<Map<string, VersionedRun[]>> {
  const runs = new Map<string, VersionedRun[]>();
  const query = `ExecutionStatus = 'Running' AND TemporalWorkerDeployment = '${DEPLOYMENT_NAME}'`;
  for await (const { workflowId, runId, type, searchAttributes } of client.workflow.list({ query })) {
    const [version] = searchAttributes['TemporalWorkerDeploymentVersion'] ?? [];
    const [behavior] = searchAttributes['TemporalWorkflowVersioningBehavior'] ?? [];
    const buildId = String(version).slice(DEPLOYMENT_NAME.length + 1);
    const run = { workflowId, runId, type, pinned: behavior === 'Pinned' };
    runs.set(buildId, [...(runs.get(buildId) ?? []), run]);
  }
  return runs;
}

/** From now on what begins is played by this version, and what goes over to new code goes over to it. */
export async function makeCurrent(client: Client, buildId: string, token: Uint8Array | null = null): Promise<void> {
  await client.connection.workflowService.setWorkerDeploymentCurrentVersion({
    namespace: client.options.namespace,
    deploymentName: DEPLOYMENT_NAME,
    buildId,
    conflictToken: token,
    identity: client.options.identity,
  });
}

/** From now on this version gets that share of what begins, told by workflow id; with none it gets nothing any more. */
export async function ramp(client: Client, buildId: string | null, percentage: number, token: Uint8Array | null) {
  await client.connection.workflowService.setWorkerDeploymentRampingVersion({
    namespace: client.options.namespace,
    deploymentName: DEPLOYMENT_NAME,
    buildId: buildId ?? '',
    percentage: buildId === null ? 0 : percentage,
    conflictToken: token,
    identity: client.options.identity,
  });
}

/** Lets workflows that are pinned go over to the current version, whose code has to replay them. */
export async function unpin(client: Client, runs: readonly VersionedRun[]): Promise<void> {
  for (const { workflowId, runId } of runs) {
    await client.connection.workflowService
      .updateWorkflowExecutionOptions({
        namespace: client.options.namespace,
        workflowExecution: { workflowId, runId },
        workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
        updateMask: { paths: ['versioning_override'] },
        identity: client.options.identity,
      })
      // It may have ended meanwhile.
      .catch(notFound);
  }
}

/**
 * On one machine the newest worker takes over all: what begins, and what was pinned to a version whose workers ended with
 * the clone's older code. It waits until the server knows the version with all of its work, which is when its worker has
 * asked for each kind of it.
 * @throws the server's refusal when that is not so within a minute.
 */
export async function takeOver(client: Client, taskQueue: string, buildId: string): Promise<void> {
  const patience = performance.now() + 60_000;
  for (;;) {
    try {
      await makeCurrent(client, buildId);
      break;
    } catch (error) {
      if (![NOT_FOUND, NOT_YET].includes((error as { code?: number }).code ?? 0) || performance.now() > patience)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const deployment = await describeDeployment(client, taskQueue);
  const others = deployment?.versions.filter((version) => version.buildId !== buildId) ?? [];
  await unpin(
    client,
    others.flatMap(({ runs }) => runs.filter(({ pinned }) => pinned)),
  );
}

function notFound(error: unknown): null {
  if ((error as { code?: number }).code === NOT_FOUND) return null;
  throw error;
}
