import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeStepCommand,
  ListStepsCommand,
  type Step,
  type StepSummary,
} from '@aws-sdk/client-emr';
import { cancellationDetails } from '@temporalio/activity';
import * as clusters from '../control-db/queries/clusters.ts';
import type { LakeActivities, StepProgress } from '../workflows/types.ts';
import { recordCost } from './cluster-cost.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { Lake } from './context.ts';
import { final } from './failures.ts';
import { mustHoldLake } from './fence.ts';
import { heartbeat } from './heartbeat.ts';
import { mustLive } from './lost-cluster.ts';
import { getJson } from './places.ts';
import { freshness, pause, pollInterval } from './poll-interval.ts';
import { isPassing } from './step-loss.ts';

const STEP_ENDS = ['COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED'];
/** As seldom is EMR asked for a step whose cluster seems to work on it, in case that what it seems is wrong. */
const ASKED_ANYWAY = 20;

export type StepRequest = Parameters<LakeActivities['runStep']>[0];
export type StepEnd = { stepId: string; completed: boolean; passing: boolean; sentence: string };

/** Runs a step of that name to its end, or takes up the one that is there. @throws ClusterLost when its cluster is gone. */
export async function playStep(lake: Lake, watch: ClusterWatch, request: StepRequest, name: string): Promise<StepEnd> {
  const stepId = await findOrAddStep(lake, request, name);
  try {
    return await untilEnded(lake, watch, request, name, stepId);
  } catch (error) {
    // A worker that shuts down or is taken for dead cancels its activities too: the step goes on for the next attempt.
    if (cancellationDetails()?.cancelRequested) await cancelStep(lake, request.clusterId, stepId);
    throw error;
  }
}

async function findOrAddStep(
  lake: Lake,
  { step, clusterId, manifest, grant }: StepRequest,
  name: string,
): Promise<string> {
  if ((await stepsNamed(lake, clusterId, name)).length === 0) {
    await mustLive(lake, clusterId);
    await mustHoldLake(lake, grant);
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

/**
 * Watches a step to its end and tells its progress by heartbeats, so that the next attempt and every reader know both. While
 * its cluster is at work only the progress on S3 is read: EMR's limits are a thousandth of S3's.
 */
async function untilEnded(
  lake: Lake,
  watch: ClusterWatch,
  request: StepRequest,
  name: string,
  stepId: string,
): Promise<StepEnd> {
  const { context, step, clusterId, manifest } = request;
  const { pollSeconds, emr } = lake.settings;
  const progressUri = manifest.replace(/[^/]+$/, 'progress.json');
  // Not by the clock, which may be set, and which goes on while a laptop sleeps.
  const begun = performance.now();
  let state = 'PENDING';
  for (let look = 0; ; look += 1) {
    const anyway = look % ASKED_ANYWAY === 0;
    const asked = anyway || (await watch.isAtRest(clusterId, freshness(pollSeconds)));
    const found = asked ? await describeStep(lake, clusterId, stepId) : undefined;
    const tables = (await getJson<Pick<StepProgress, 'tables'>>(lake.s3, progressUri))?.tables ?? [];
    state = found?.Status?.State ?? (tables.length > 0 ? 'RUNNING' : state);
    heartbeat({ layer: step, clusterId, stepId, state, tables } satisfies StepProgress);
    if (found && STEP_ENDS.includes(state)) return stepEnd(lake, request, name, stepId, found);
    const age = performance.now() - begun;
    if (age > emr.stepTimeoutMinutes * 60_000) {
      await cancelStep(lake, clusterId, stepId);
      throw final(
        'StepFailed',
        `Step ${step} of slot ${context.slot} was cancelled: it ran longer than ${emr.stepTimeoutMinutes} minutes`,
      );
    }
    if (asked) await mustLive(lake, clusterId);
    if (anyway && look > 0) await recordCost(lake, clusterId);
    await pause(pollInterval(pollSeconds, age, Math.random()));
  }
}

async function describeStep(lake: Lake, clusterId: string, stepId: string): Promise<Step | undefined> {
  return (await lake.emr.send(new DescribeStepCommand({ ClusterId: clusterId, StepId: stepId }))).Step;
}

/** @throws ClusterLost when it was not its job that ended it, but the end of its cluster. */
async function stepEnd(
  lake: Lake,
  { context, step, clusterId }: StepRequest,
  name: string,
  stepId: string,
  { Status }: Step,
): Promise<StepEnd> {
  const state = Status?.State ?? 'FAILED';
  const details = Status?.FailureDetails;
  const { StartDateTime: startedAt, EndDateTime: endedAt } = Status?.Timeline ?? {};
  const logUri = details?.LogFile;
  const row = { stepId, clusterId, layer: step, name, state, startedAt, endedAt, logUri };
  await clusters.recordStep(lake.database, row);
  if (state === 'COMPLETED') return { stepId, completed: true, passing: false, sentence: '' };
  const told = details?.Message ?? details?.Reason ?? Status?.StateChangeReason?.Message;
  const passing = state === 'FAILED' && isPassing(told ?? '');
  const byItsJob = state === 'FAILED' && told !== undefined && !passing;
  if (!byItsJob) await mustLive(lake, clusterId);
  const cause = `${told ?? 'EMR gives no reason'}${logUri ? ` (log: ${logUri})` : ''}`;
  const sentence = `Step ${step} of slot ${context.slot} ended as ${state}: ${cause}`;
  return { stepId, completed: false, passing, sentence };
}
