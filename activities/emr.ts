import { type ClusterSummary, RunJobFlowCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import { log } from '@temporalio/activity';
import * as clusters from '../control-db/queries/clusters.ts';
import type { ClusterPurpose, JobName, LakeActivities, RunContext } from '../workflows/types.ts';
import { completeCosts, recordCost } from './cluster-cost.ts';
import { clusterRequest } from './cluster-request.ts';
import { ClusterWatch, listClusters } from './cluster-watch.ts';
import type { Lake } from './context.ts';
import { final } from './failures.ts';
import { isLostGrant, mustHoldLake } from './fence.ts';
import { ALIVE } from './lost-cluster.ts';
import { playStep, type StepRequest } from './step-watch.ts';

const NAME_PREFIX = 'podlake ';
const REPLACEMENT = ' replacement ';
/** Whether a cluster has that name, or took the place of one that had it and was lost. */
const isOrReplaces = ({ Name }: ClusterSummary, name: string) =>
  Name === name || Name?.startsWith(name + REPLACEMENT) === true;

/**
 * A rebuild writes no table, and a backfill none that is read before its publication is planned: their names are none of those
 * that a new holder of the lake ends. Maintenance writes them: it has such a name.
 */
export const clusterName = (context: RunContext, purpose: ClusterPurpose, replacement = 0) =>
  ({
    rebuild: `podlake-rebuild ${context.slot}`,
    backfill: `podlake-backfill ${context.backfill}`,
    maintenance: `${NAME_PREFIX}maintenance ${context.attempt}`,
    run: `${NAME_PREFIX}${context.slot} attempt ${context.attempt}`,
    publish: `${NAME_PREFIX}${context.slot} attempt ${context.attempt} publish`,
  })[purpose] + (replacement > 0 ? `${REPLACEMENT}${replacement}` : '');
export const stepName = (context: RunContext, step: JobName, repeated = false) =>
  `${NAME_PREFIX}${context.slot} ${step} attempt ${context.attempt}${repeated ? ' repeated' : ''}`;

/** A slot may be rebuilt many times, on a cluster that was left over too, and a backfill has many steps: one a manifest. */
const nameOf = ({ context, step, manifest }: StepRequest, repeated = false) =>
  stepName(context, step, repeated) +
  (step === 'rebuild' || step === 'backfill' ? ` ${manifest.split('/').at(-2)}` : '');

/**
 * EMR: clusters and steps. EMR has no client token, so that both are looked up by their deterministic name before they are
 * made, and after making one all but the oldest of that name are ended: whoever dies between two calls leaves one at most.
 */
export function emrActivities(
  lake: Lake,
): Pick<LakeActivities, 'endOlderClusters' | 'startCluster' | 'runStep' | 'endCluster'> {
  const watch = new ClusterWatch(lake);
  return {
    async endOlderClusters(context) {
      const own = (['run', 'publish', 'maintenance'] as const).map((purpose) => clusterName(context, purpose));
      const older = (await listClusters(lake, ALIVE)).filter(
        (cluster) => cluster.Name?.startsWith(NAME_PREFIX) && !own.some((name) => isOrReplaces(cluster, name)),
      );
      await mustHoldLake(lake, context.grant);
      for (const { Id } of older) await end(lake, Id);
      await completeCosts(lake);
      return { ended: older.map(({ Name }) => Name ?? '') };
    },

    async startCluster({ context, purpose, replacement }) {
      const name = clusterName(context, purpose, replacement);
      const grant = purpose === 'rebuild' ? undefined : context.grant;
      await mustHoldLake(lake, grant);
      if ((await named(lake, name)).length === 0) {
        await lake.emrOnce.send(new RunJobFlowCommand(clusterRequest(lake.settings, name, context, purpose)));
      }
      const [oldest, ...others] = await named(lake, name);
      if (!oldest?.Id) throw new Error(`the cluster "${name}" was asked for and is not listed yet`);
      for (const { Id } of others) await end(lake, Id);
      // The next holder ended older clusters while it took the lake: one that came after that is ended here.
      await mustHoldLake(lake, grant).catch(async (error: unknown) => {
        if (isLostGrant(error)) await end(lake, oldest.Id);
        throw error;
      });
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
      const play = (repeated: boolean) => playStep(lake, watch, request, nameOf(request, repeated));
      const first = await play(false);
      if (first.completed) return { stepId: first.stepId };
      if (!first.passing) throw final('StepFailed', first.sentence);
      log.warn(`${first.sentence}; it is repeated once`);
      const second = await play(true);
      if (second.completed) return { stepId: second.stepId };
      throw final('StepFailed', `${second.sentence}. This was its second try; the first: ${first.sentence}`);
    },

    async endCluster({ context, purpose }) {
      const recorded = await clusters.openClusters(lake.database, context.run);
      const name = clusterName(context, purpose);
      const alive = (await listClusters(lake, ALIVE)).filter((cluster) => isOrReplaces(cluster, name));
      for (const { Id } of alive) await end(lake, Id);
      for (const clusterId of new Set([...recorded, ...alive.map(({ Id }) => Id ?? '')])) {
        await clusters.clusterEnded(lake.database, clusterId, 'TERMINATING');
        await recordCost(lake, clusterId);
      }
    },
  };
}

/** Living clusters of that name, oldest first. */
async function named(lake: Lake, name: string): Promise<ClusterSummary[]> {
  const created = ({ Status }: ClusterSummary) => Status?.Timeline?.CreationDateTime?.getTime() ?? 0;
  return (await listClusters(lake, ALIVE)).filter(({ Name }) => Name === name).sort((a, b) => created(a) - created(b));
}

export async function end(lake: Lake, clusterId: string | undefined): Promise<void> {
  if (clusterId) await lake.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [clusterId] }));
}
