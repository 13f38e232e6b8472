import type { Duration } from '@temporalio/common';
import { CancellationScope, condition, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { rootCause } from './causes.ts';
import { LAKE_GRANTED } from './names.ts';
import { onSignal } from './signals.ts';
import { slotOf } from './slot.ts';
import { lake } from './steps.ts';
import type { MaintenanceRequest, MaintenanceResult, MaintenanceTask, RunContext, Sweep, TableTask } from './types.ts';

/**
 * How long it stands in the lake's queue. A sweep is there again in an hour; what is weekly waits for a run to end. Who gave
 * up is closed by then, and the lock passes over it.
 */
const PATIENCE = { sweep: '30 minutes', weekly: '12 hours' } as const;

/**
 * Keeps the lake in order: what dead runs left, the holidays of the schedule, and the tables' files and snapshots. Tables are
 * written only while the lake is held, as by a run, so that no run writes beside it.
 */
export async function maintenance({ tasks }: MaintenanceRequest): Promise<MaintenanceResult> {
  const done: string[] = [];
  const tell = (line: string) => {
    done.push(line);
    setCurrentDetails(done.map((one) => `- ${one}`).join('\n'));
  };
  if (tasks.includes('calendar')) {
    const { changes } = await lake.refreshCalendar('the holidays of the schedule');
    tell(changes.length > 0 ? `holidays: ${changes.join('; ')}` : 'the holidays are current');
  }
  const onTables = tasks.filter((task) => task !== 'sweep' && task !== 'calendar');
  if (tasks.includes('sweep')) {
    const sweep = await lake.sweep('what dead runs left');
    for (const line of sentences(sweep)) tell(line);
    if (sweep.branches.length > 0 && !onTables.includes('branches')) onTables.unshift('branches');
  }
  if (onTables.length > 0) await whileHoldingTheLake(tasks, onTables, tell);
  return { done };
}

function sentences({ runs, clusters, branches }: Sweep): string[] {
  const lines = [
    ...runs.map((slot) => `closed the run of slot ${slot}, whose workflow had ended without closing it`),
    ...clusters.map((name) => `ended the cluster "${name}", whose owner no longer runs`),
    ...branches.map((branch) => `found the branch ${branch}, whose owner no longer runs`),
  ];
  return lines.length > 0 ? lines : ['no dead run left anything'];
}

async function whileHoldingTheLake(
  tasks: MaintenanceTask[],
  onTables: TableTask[],
  tell: (line: string) => void,
): Promise<void> {
  const patience = onTables.every((task) => task === 'branches') ? PATIENCE.sweep : PATIENCE.weekly;
  if (!(await getTheLake(patience)))
    return tell(`the lake was busy for ${patience}: ${onTables.join(', ')} are left for the next time`);
  const { workflowId, runId, startTime } = workflowInfo();
  const request = { slot: slotOf(startTime), tasks, workflowId, runId };
  const { context, cut } = await lake.openMaintenance('the right to write the lake', request);
  if (!context) return tell('there was no run yet, so that there are no tables');
  let message = 'nothing was to be done to the tables';
  try {
    // What is presumed dead must not write any more beside this.
    await lake.endOlderClusters('end clusters of older grants', context);
    const lines =
      cut === null
        ? await onTheTables(context, onTables)
        : [
            `publication ${cut} was cut short: the next run completes it, and ${onTables.join(', ')} are left for the next time`,
          ];
    if (lines.length > 0) message = lines.join('; ');
    tell(message);
  } catch (error) {
    message = isCancellation(error) ? 'cancelled' : `failed: ${rootCause(error)}`;
    throw error;
  } finally {
    await CancellationScope.nonCancellable(() => lake.closeMaintenance('close the maintenance', { context, message }));
  }
}

/** Whether the lake was given in time. */
async function getTheLake(patience: Duration): Promise<boolean> {
  let granted = false;
  onSignal(LAKE_GRANTED, () => {
    granted = true;
  });
  const { workflowId, runId } = workflowInfo();
  await lake.enterLakeQueue('ask for the lake', { workflowId, runId });
  return condition(() => granted, patience);
}

async function onTheTables(context: RunContext, tasks: TableTask[]): Promise<string[]> {
  const planned = await lake.writeMaintenanceManifest('what is to be done to each table', { context, tasks });
  const { manifest, notes } = planned;
  if (!manifest) return notes;
  const own = { context, purpose: 'maintenance' } as const;
  try {
    const { clusterId } = await lake.startCluster('start the EMR cluster', own);
    await lake.runStep('EMR step maintenance', { context, step: 'maintenance', clusterId, manifest });
  } finally {
    await CancellationScope.nonCancellable(() => lake.endCluster('end the cluster', own));
  }
  const { done } = await lake.recordMaintenance('record what was done', { context, manifest });
  return [...notes, ...done];
}
