import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  type Cluster,
  type ClusterSummary,
  DescribeClusterCommand,
  DescribeStepCommand,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  type StepSummary,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';
import { cancellationDetails, log, sleep } from '@temporalio/activity';
import * as clusters from '../control-db/queries/clusters.ts';
import type { ClusterPurpose, JobName, LakeActivities, RunContext, StepProgress } from '../workflows/types.ts';
import { completeCosts, recordCost } from './cluster-cost.ts';
import { clusterRequest } from './cluster-request.ts';
import type { Lake } from './context.ts';
import { final } from './failures.ts';
import { heartbeat } from './heartbeat.ts';
import { getJson } from './places.ts';
import { isPassing } from './step-loss.ts';

const ALIVE = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'] as const;
const STEP_ENDS = ['COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED'];
const NAME_PREFIX = 'podlake ';

/** A rebuild writes no table: its name is none of those that a new holder of the lake ends. */
export const clusterName = (context: RunContext, purpose: ClusterPurpose) =>
  purpose === 'rebuild'
    ? `podlake-rebuild ${context.slot}`
    : `${NAME_PREFIX}${context.slot} attempt ${context.attempt}${purpose === 'publish' ? ' publish' : ''}`;
export const stepName = (context: RunContext, step: JobName, repeated = false) =>
  `${NAME_PREFIX}${context.slot} ${step} attempt ${context.attempt}${repeated ? ' repeated' : ''}`;

/** A slot may be rebuilt many times, on a cluster that was left over too: each manifest has a step of its own. */
const nameOf = ({ context, step, manifest }: StepRequest, repeated = false) =>
  stepName(context, step, repeated) + (step === 'rebuild' ? ` ${manifest.split('/').at(-2)}` : '');

/**
 * EMR: clusters and steps. EMR has no client token, so that both are looked up by their deterministic name before they are
 * made, and after making one all but the oldest of that name are ended: whoever dies between two calls leaves one at most.
 */
export function emrActivities(
  lake: Lake,
): Pick<LakeActivities, 'endOlderClusters' | 'startCluster' | 'runStep' | 'endCluster'> {
  return {
    async endOlderClusters(context) {
      const own = [clusterName(context, 'run'), clusterName(context, 'publish')];
      const older = (await aliveClusters(lake)).filter(
        ({ Name }) => Name?.startsWith(NAME_PREFIX) && !own.includes(Name),
      );
      for (const { Id } of older) await end(lake, Id);
      await completeCosts(lake);
      return { ended: older.map(({ Name }) => Name ?? '') };
    },

    async startCluster({ context, purpose }) {
      const name = clusterName(context, purpose);
      if ((await named(lake, name)).length === 0) {
        await lake.emrOnce.send(new RunJobFlowCommand(clusterRequest(lake.settings, name, context, purpose)));
      }
      const [oldest, ...others] = await named(lake, name);
      if (!oldest?.Id) throw new Error(`the cluster "${name}" was asked for and is not listed yet`);
      for (const { Id } of others) await end(lake, Id);
      await clusters.recordCluster(lake.database, {
        clusterId: oldest.Id,
        run: context.run,
        name,
        state: oldest.Status?.State ?? 'STARTING',
        purpose,
      });
      return { clusterId: oldest.Id };
    },

    /** A step that was lost without fault of its job is repeated once, under a name of its own, after EMR said that it ended. */
    async runStep(request) {
      const first = await playStep(lake, request, nameOf(request));
      if (first.completed) return { stepId: first.stepId };
      if (!first.passing) throw final('StepFailed', first.sentence);
      log.warn(`${first.sentence}; it is repeated once`);
      const second = await playStep(lake, request, nameOf(request, true));
      if (second.completed) return { stepId: second.stepId };
      throw final('StepFailed', `${second.sentence}. This was its second try; the first: ${first.sentence}`);
    },

    async endCluster({ context, purpose }) {
      const recorded = await clusters.openClusters(lake.database, context.run);
      const alive = await named(lake, clusterName(context, purpose));
      for (const { Id } of alive) await end(lake, Id);
      for (const clusterId of new Set([...recorded, ...alive.map(({ Id }) => Id ?? '')])) {
        await clusters.clusterEnded(lake.database, clusterId, 'TERMINATING');
        await recordCost(lake, clusterId);
      }
    },
  };
}

async function aliveClusters(lake: Lake): Promise<ClusterSummary[]> {
  const found: ClusterSummary[] = [];
  let Marker: string | undefined;
  do {
    const page = await lake.emr.send(new ListClustersCommand({ ClusterStates: [...ALIVE], Marker }));
    found.push(...(page.Clusters ?? []));
    Marker = page.Marker;
  } while (Marker);
  return found;
}

/** Living clusters of that name, oldest first. */
async function named(lake: Lake, name: string): Promise<ClusterSummary[]> {
  const created = ({ Status }: ClusterSummary) => Status?.Timeline?.CreationDateTime?.getTime() ?? 0;
  return (await aliveClusters(lake)).filter(({ Name }) => Name === name).sort((a, b) => created(a) - created(b));
}

async function end(lake: Lake, clusterId: string | undefined): Promise<void> {
  if (clusterId) await lake.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [clusterId] }));
}

/** Steps of that name on the cluster, oldest first. */
async function stepsNamed(lake: Lake, clusterId: string, name: string): Promise<StepSummary[]> {
  const found: StepSummary[] = [];
  let Marker: string | undefined;
  do {
    const page = await lake.emr.send(new ListStepsCommand({ ClusterId: clusterId, Marker }));
    found.push(...(page.Steps ?? []).filter(({ Name }) => Name === name));
    Marker = page.Marker;
  } while (Marker);
  return found.reverse();
}

type StepRequest = Parameters<LakeActivities['runStep']>[0];
type StepEnd = { stepId: string; completed: boolean; passing: boolean; sentence: string };

async function playStep(lake: Lake, request: StepRequest, name: string): Promise<StepEnd> {
  const stepId = await findOrAddStep(lake, request, name);
  try {
    return await untilEnded(lake, request, name, stepId);
  } catch (error) {
    // A worker that shuts down or is taken for dead cancels its activities too: the step goes on for the next attempt.
    if (cancellationDetails()?.cancelRequested) await cancelStep(lake, request.clusterId, stepId);
    throw error;
  }
}

async function findOrAddStep(lake: Lake, { step, clusterId, manifest }: StepRequest, name: string): Promise<string> {
  if ((await stepsNamed(lake, clusterId, name)).length === 0) {
    await lake.emrOnce.send(
      new AddJobFlowStepsCommand({
        JobFlowId: clusterId,
        Steps: [
          {
            Name: name,
            ActionOnFailure: 'CONTINUE',
            HadoopJarStep: {
              Jar: 'command-runner.jar',
              Args: [
                ...['spark-submit', '--deploy-mode', 'client', '--py-files', lake.artifacts.jobs],
                ...[lake.artifacts.main, step, '--manifest', manifest],
              ],
            },
          },
        ],
      }),
    );
  }
  const [oldest, ...others] = await stepsNamed(lake, clusterId, name);
  if (!oldest?.Id) throw new Error(`the step "${name}" was asked for and is not listed yet`);
  for (const { Id } of others) await cancelStep(lake, clusterId, Id);
  return oldest.Id;
}

async function cancelStep(lake: Lake, clusterId: string, stepId: string | undefined): Promise<void> {
  if (!stepId) return;
  await lake.emr.send(
    new CancelStepsCommand({ ClusterId: clusterId, StepIds: [stepId], StepCancellationOption: 'TERMINATE_PROCESS' }),
  );
}

/** Watches a step to its end and tells its progress by heartbeats, so that the next attempt and every reader know both. */
async function untilEnded(
  lake: Lake,
  { context, step, clusterId, manifest }: StepRequest,
  name: string,
  stepId: string,
): Promise<StepEnd> {
  const progressUri = manifest.replace(/[^/]+$/, 'progress.json');
  // Not by the clock, which may be set, and which goes on while a laptop sleeps.
  const deadline = performance.now() + lake.settings.emr.stepTimeoutMinutes * 60_000;
  for (;;) {
    const { Step } = await lake.emr.send(new DescribeStepCommand({ ClusterId: clusterId, StepId: stepId }));
    const state = Step?.Status?.State ?? 'PENDING';
    const progress = await getJson<Pick<StepProgress, 'tables'>>(lake.s3, progressUri);
    heartbeat({ layer: step, clusterId, stepId, state, tables: progress?.tables ?? [] } satisfies StepProgress);
    const { StartDateTime: startedAt, EndDateTime: endedAt } = Step?.Status?.Timeline ?? {};
    const details = Step?.Status?.FailureDetails;
    if (STEP_ENDS.includes(state)) {
      const logUri = details?.LogFile;
      const row = { stepId, clusterId, layer: step, name, state, startedAt, endedAt, logUri };
      await clusters.recordStep(lake.database, row);
      const cause =
        details?.Message ?? details?.Reason ?? Step?.Status?.StateChangeReason?.Message ?? 'EMR gives no reason';
      const sentence = `Step ${step} of slot ${context.slot} ended as ${state}: ${cause}${logUri ? ` (log: ${logUri})` : ''}`;
      return { stepId, completed: state === 'COMPLETED', passing: state === 'FAILED' && isPassing(cause), sentence };
    }
    if (performance.now() > deadline) {
      await cancelStep(lake, clusterId, stepId);
      throw final(
        'StepFailed',
        `Step ${step} of slot ${context.slot} was cancelled: it ran longer than ${lake.settings.emr.stepTimeoutMinutes} minutes`,
      );
    }
    await mustLive(lake, clusterId);
    await sleep(lake.settings.pollSeconds * 1000);
  }
}

/** A cluster that is gone will never finish the step: the run fails with EMR's reason instead of waiting for it. */
async function mustLive(lake: Lake, clusterId: string): Promise<void> {
  const { Cluster } = await lake.emr.send(new DescribeClusterCommand({ ClusterId: clusterId }));
  if (isAlive(Cluster)) return;
  log.error('the cluster is gone', { clusterId });
  const { State, StateChangeReason } = Cluster?.Status ?? {};
  throw final(
    'StepFailed',
    `The cluster ${clusterId} is ${State}: ${StateChangeReason?.Message ?? 'EMR gives no reason'}`,
  );
}

const isAlive = (cluster: Cluster | undefined) => (ALIVE as readonly string[]).includes(cluster?.Status?.State ?? '');
