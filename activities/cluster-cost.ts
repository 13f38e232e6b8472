import {
  DescribeClusterCommand,
  type Instance,
  InvalidRequestException,
  ListInstancesCommand,
} from '@aws-sdk/client-emr';
import { log } from '@temporalio/activity';
import * as clusters from '../control-db/queries/clusters.ts';
import * as costs from '../control-db/queries/costs.ts';
import type { Lake, Settings } from './context.ts';

/** A run leaves one or two clusters behind; what a long outage left is completed by several runs. */
const AT_ONCE = 20;
const OVER = ['TERMINATED', 'TERMINATED_WITH_ERRORS'];

/**
 * Writes down a cluster's state and what its instances cost until now, and for good once all have ended. What a run costs
 * is not worth failing it: what cannot be read now is read by a later run.
 */
export async function recordCost(lake: Lake, clusterId: string): Promise<void> {
  try {
    await record(lake, clusterId);
  } catch (error) {
    // EMR forgets a cluster two months after its end, and its instances after 30 days: what was seen until then is all there is.
    if (error instanceof InvalidRequestException) return costs.costComplete(lake.database, clusterId);
    log.warn(`the cost of the cluster ${clusterId} could not be recorded: ${(error as Error).message}`);
  }
}

/** Clusters that ended after their run had recorded them, or whose run was terminated and recorded nothing. */
export async function completeCosts(lake: Lake): Promise<void> {
  for (const clusterId of await costs.clustersWithoutCost(lake.database, AT_ONCE)) await recordCost(lake, clusterId);
}

async function record(lake: Lake, clusterId: string): Promise<void> {
  const { Cluster } = await lake.emr.send(new DescribeClusterCommand({ ClusterId: clusterId }));
  const { State = 'TERMINATING', Timeline } = Cluster?.Status ?? {};
  const instances = (await listInstances(lake, clusterId)).flatMap((one) => costOf(lake.settings, one));
  await costs.recordInstances(lake.database, clusterId, instances);
  if (State !== 'TERMINATING' && !OVER.includes(State)) return;
  await clusters.clusterEnded(lake.database, clusterId, State, Timeline?.EndDateTime);
  if (OVER.includes(State)) await costs.costComplete(lake.database, clusterId);
}

async function listInstances(lake: Lake, clusterId: string): Promise<Instance[]> {
  const found: Instance[] = [];
  let Marker: string | undefined;
  do {
    const page = await lake.emr.send(new ListInstancesCommand({ ClusterId: clusterId, Marker }));
    found.push(...(page.Instances ?? []));
    Marker = page.Marker;
  } while (Marker);
  return found;
}

/** None for an instance that EMR asked for and never got. */
function costOf({ emr }: Settings, instance: Instance): costs.Instance[] {
  const { Id, InstanceType, Market, Status } = instance;
  const { CreationDateTime: startedAt, EndDateTime: endedAt } = Status?.Timeline ?? {};
  if (!Id || !InstanceType || !startedAt) return [];
  const market = Market === 'SPOT' ? 'spot' : 'on_demand';
  const price = emr.prices[InstanceType];
  const usdHour = price ? (market === 'spot' ? price.spot : price.onDemand) + price.emr : null;
  return [{ instanceId: Id, instanceType: InstanceType, market, startedAt, endedAt, usdHour }];
}
