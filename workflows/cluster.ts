import { ActivityFailure, ApplicationFailure, patched } from '@temporalio/workflow';
import type { FailureType } from './failures.ts';
import { lake } from './steps.ts';
import type { ClusterPurpose, RunContext } from './types.ts';

/** So many lost clusters are replaced; where more are lost in one run, something is wrong that no other cluster mends. */
const REPLACEMENTS = 2;

/** The cluster on which a workflow's steps run now. */
export type OwnCluster = {
  readonly of: { context: RunContext; purpose: ClusterPurpose };
  clusterId: string;
  replacements: number;
};

export async function startCluster(summary: string, of: OwnCluster['of']): Promise<OwnCluster> {
  const { clusterId } = await lake.startCluster(summary, of);
  return { of, clusterId, replacements: 0 };
}

/**
 * Does on the cluster what needs one. When the cluster is lost meanwhile, another takes its place and only that is done again:
 * what earlier steps wrote lies on S3. `replaced` hears of it.
 */
export async function onCluster<T>(
  cluster: OwnCluster,
  work: (clusterId: string) => Promise<T>,
  replaced: (sentence: string) => void = () => undefined,
): Promise<T> {
  for (;;) {
    try {
      return await work(cluster.clusterId);
    } catch (error) {
      const cause = clusterLost(error);
      if (!cause || cluster.replacements === REPLACEMENTS || !patched('replace-lost-cluster')) throw error;
      cluster.replacements += 1;
      const { replacements: replacement, of } = cluster;
      const { clusterId } = await lake.startCluster(`replace the lost cluster ${cluster.clusterId}`, {
        ...of,
        replacement,
      });
      cluster.clusterId = clusterId;
      replaced(`${cause.message}; ${clusterId} took its place`);
    }
  }
}

function clusterLost(error: unknown): ApplicationFailure | null {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  return cause instanceof ApplicationFailure && cause.type === ('ClusterLost' satisfies FailureType) ? cause : null;
}
