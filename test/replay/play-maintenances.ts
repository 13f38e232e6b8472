import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { lockActivities } from '../../activities/lock.ts';
import { MAINTENANCE_ID_PREFIX, MAINTENANCE_TYPE } from '../../workflows/names.ts';
import type { LakeActivities, MaintenanceTask } from '../../workflows/types.ts';
import { type FakeLake, fakeLake, gate, untilCancelled } from '../workflow/fake-lake.ts';

type Maintenance = {
  name: string;
  tasks: MaintenanceTask[];
  changes?: Partial<LakeActivities>;
  cancelWhen?: Promise<void>;
};

const WEEKLY: MaintenanceTask[] = ['calendar', 'branches', 'compact', 'expire', 'orphans'];
const NEW_YEAR = { changes: ['+ skip 2030-01-01: Ano Novo'] };

/** The ways in which a maintenance can go. One that waits for the lake in vain is not among them: it would take half an hour. */
function maintenances(): Maintenance[] {
  const working = gate();
  const context = { run: 1, slot: '20260105T090000Z', attempt: 5, grant: 9, kind: 'manual' } as const;
  return [
    { name: 'nothing-found', tasks: ['sweep'] },
    {
      name: 'swept',
      tasks: ['sweep'],
      changes: {
        sweep: async () => ({
          runs: ['20260105T090000Z'],
          clusters: ['podlake 20260105T090000Z 1'],
          branches: ['run_20260105T090000Z of trusted.bureau'],
        }),
      },
    },
    { name: 'weekly', tasks: WEEKLY, changes: { refreshCalendar: async () => NEW_YEAR } },
    {
      name: 'nothing-to-do',
      tasks: WEEKLY,
      changes: { writeMaintenanceManifest: async () => ({ manifest: null, notes: [] }) },
    },
    { name: 'cut-publication', tasks: WEEKLY, changes: { openMaintenance: async () => ({ context, cut: 3 }) } },
    { name: 'no-run-yet', tasks: WEEKLY, changes: { openMaintenance: async () => ({ context: null, cut: null }) } },
    {
      name: 'cancelled',
      tasks: WEEKLY,
      changes: {
        runStep: async () => {
          void working.wait();
          return untilCancelled();
        },
      },
      cancelWhen: working.reached,
    },
    {
      name: 'failed',
      tasks: WEEKLY,
      changes: {
        runStep: async () => {
          throw ApplicationFailure.nonRetryable('trusted.bureau: somebody else wrote this table', 'StepFailed');
        },
      },
    },
  ];
}

/** All of them at once, so that they queue for the lake; `add` is called for each with the name of its history. */
export async function playMaintenances(
  client: Client,
  lakes: Map<string, FakeLake>,
  taskQueue: string,
  add: (name: string, workflowId: string) => Promise<void>,
): Promise<void> {
  const { enterLakeQueue } = lockActivities();
  const play = async ({ name, tasks, changes, cancelWhen }: Maintenance) => {
    const workflowId = `${MAINTENANCE_ID_PREFIX}-${name}`;
    lakes.set(workflowId, fakeLake({ enterLakeQueue, ...changes }));
    const handle = await client.workflow.start(MAINTENANCE_TYPE, { workflowId, taskQueue, args: [{ tasks }] });
    if (cancelWhen) await cancelWhen.then(() => handle.cancel());
    await handle.result().catch(() => undefined);
    await add(workflowId, workflowId);
  };
  await Promise.all(maintenances().map(play));
}
