import type { ClusterSummary } from '@aws-sdk/client-emr';
import * as maintenance from '../control-db/queries/maintenance.ts';
import { closeRun } from '../control-db/queries/runs.ts';
import { backfillId, REBUILD_VERIFY_ID } from '../workflows/names.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type { LakeActivities } from '../workflows/types.ts';
import { ownerlessBranches } from './branches.ts';
import { listClusters } from './cluster-watch.ts';
import type { Lake } from './context.ts';
import { end } from './emr.ts';
import { ALIVE } from './lost-cluster.ts';
import { isRunning } from './owners.ts';

/** What is closed tells everybody where it came from. */
const FOUND = 'its workflow ended without closing it, as when it is terminated; maintenance found it so';

/**
 * What dead runs left. A workflow that was terminated runs no code of ours, so that somebody else has to clean up: its cluster
 * is ended, its run closed and its files given back, as when it is cancelled. Nothing of an owner that runs is touched, so that
 * this needs no right to write the lake: what is asked of Temporal is asked after the thing itself was seen.
 */
export function sweepActivities(lake: Lake): Pick<LakeActivities, 'sweep'> {
  return {
    async sweep() {
      const clusters = await endOwnerlessClusters(lake);
      const runs = await closeAbandonedRuns(lake);
      const branches = (await ownerlessBranches(lake)).map(({ table, branch }) => `${branch} of ${table}`);
      return { runs, clusters, branches };
    },
  };
}

/** A run whose plan was committed stays open: the next holder of the lake completes its publication, and closes it by that. */
async function closeAbandonedRuns(lake: Lake): Promise<string[]> {
  const closed: string[] = [];
  for (const { run, slot, planned, workflowId, runId } of await maintenance.unclosedRuns(lake.database)) {
    if (planned || (await isRunning(workflowId, runId))) continue;
    await closeRun(lake.database, run, 'cancelled', FOUND);
    closed.push(slotOf(slot));
  }
  return closed;
}

async function endOwnerlessClusters(lake: Lake): Promise<string[]> {
  const ended: string[] = [];
  for (const { Id, Name = '' } of await listClusters(lake, ALIVE)) {
    if (!(await isOwnerless(lake, Name))) continue;
    await end(lake, Id);
    ended.push(Name);
  }
  return ended;
}

/** Whose a cluster is stands in its name. One whose name is none of ours is left alone. */
async function isOwnerless(lake: Lake, name: NonNullable<ClusterSummary['Name']>): Promise<boolean> {
  const [, slot, attempt] = /^podlake (\d{8}T\d{6}Z) attempt (\d+)( publish)?( replacement \d+)?$/.exec(name) ?? [];
  if (slot && attempt)
    return hasNoOwner(await maintenance.ownerOfAttempt(lake.database, instantOf(slot), Number(attempt)));
  const [, number] = /^podlake maintenance (\d+)$/.exec(name) ?? [];
  if (number) return hasNoOwner(await maintenance.ownerOfMaintenance(lake.database, Number(number)));
  const [, backfill] = /^podlake-backfill (\d+)( |$)/.exec(name) ?? [];
  if (backfill) return !(await isRunning(backfillId(backfill)));
  if (name.startsWith('podlake-rebuild ')) return !(await isRunning(REBUILD_VERIFY_ID));
  return false;
}

const hasNoOwner = async (owner: maintenance.Owner | null) =>
  owner === null || !(await isRunning(owner.workflowId, owner.runId));
