import { type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { HOURLY_SCHEDULE_ID, MAINTENANCE_ID_PREFIX, MAINTENANCE_TYPE, WEEKLY_SCHEDULE_ID } from '../workflows/names.ts';
import type { MaintenanceRequest, MaintenanceTask } from '../workflows/types.ts';

const HOUR = 3_600_000;
const HOURLY: MaintenanceTask[] = ['sweep'];
/** Tags go before snapshots can, and a table is compacted before its unnamed snapshots and files are looked for. */
const WEEKLY: MaintenanceTask[] = ['calendar', 'branches', 'compact', 'expire', 'orphans'];

/** Maintenance that is still going on is not started a second time, and one that was missed comes with the next. */
export function maintenanceSchedules(timezone: string, taskQueue: string): Omit<ScheduleOptions, 'state'>[] {
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: HOUR, pauseOnFailure: false } as const;
  const action = (name: string, tasks: MaintenanceTask[], staticSummary: string) => ({
    type: 'startWorkflow' as const,
    workflowType: MAINTENANCE_TYPE,
    workflowId: `${MAINTENANCE_ID_PREFIX}-${name}`,
    taskQueue,
    args: [{ tasks } satisfies MaintenanceRequest],
    staticSummary,
  });
  return [
    {
      scheduleId: HOURLY_SCHEDULE_ID,
      spec: { timezone, calendars: [{ comment: 'at 23 past every hour', hour: '*', minute: 23 }] },
      policies,
      action: action('hourly', HOURLY, 'Cleans up what dead runs left'),
    },
    {
      scheduleId: WEEKLY_SCHEDULE_ID,
      // No slot is due from Friday evening to Monday morning.
      spec: {
        timezone,
        calendars: [{ comment: 'Sunday 04:00 in São Paulo', dayOfWeek: 'SUNDAY' as const, hour: 4 }],
      },
      policies: { ...policies, catchupWindow: 24 * HOUR },
      action: action('weekly', WEEKLY, 'Compacts tables and expires what is no longer kept'),
    },
  ];
}
