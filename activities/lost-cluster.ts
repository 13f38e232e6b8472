import { type Cluster, type ClusterState, DescribeClusterCommand } from '@aws-sdk/client-emr';
import { log } from '@temporalio/activity';
import { recordCost } from './cluster-cost.ts';
import type { Lake } from './context.ts';
import { final } from './failures.ts';
import { pause, pollInterval } from './poll-interval.ts';

export const ALIVE: ClusterState[] = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'];
/** EMR's codes for a cluster that cannot be as it was asked for: another one would end the same. */
const OWN_FAULTS = ['VALIDATION_ERROR', 'BOOTSTRAP_FAILURE'];

/**
 * A cluster that is gone will never finish a step. @throws ClusterLost with EMR's reason once it has ended for good, so that
 * nothing writes any more when another takes its place; StepFailed when another one could not live either.
 */
export async function mustLive(lake: Lake, clusterId: string): Promise<void> {
  let cluster = await describe(lake, clusterId);
  if (ALIVE.includes(stateOf(cluster))) return;
  while (stateOf(cluster) === 'TERMINATING') {
    await pause(pollInterval(lake.settings.pollSeconds, 0, Math.random()));
    cluster = await describe(lake, clusterId);
  }
  log.error('the cluster is gone', { clusterId });
  await recordCost(lake, clusterId);
  const { Code = '', Message = 'EMR gives no reason' } = cluster?.Status?.StateChangeReason ?? {};
  const type = OWN_FAULTS.includes(Code) ? 'StepFailed' : 'ClusterLost';
  throw final(type, `The cluster ${clusterId} is ${stateOf(cluster)}: ${Message}`);
}

async function describe(lake: Lake, clusterId: string): Promise<Cluster | undefined> {
  return (await lake.emr.send(new DescribeClusterCommand({ ClusterId: clusterId }))).Cluster;
}

const stateOf = (cluster: Cluster | undefined): ClusterState => cluster?.Status?.State ?? 'TERMINATED';
