import { temporalClient } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { MAINTENANCE_ID_PREFIX, MAINTENANCE_TYPE } from '../workflows/names.ts';
import type { MaintenanceRequest, MaintenanceResult, MaintenanceTask } from '../workflows/types.ts';
import { watchRun } from './watch.ts';

export const MAINTENANCE_HELP = `
Tasks:
  sweep     ends the clusters of workflows that no longer run, closes the runs that were terminated, gives their files
            back, and drops their branches; every hour by schedule
  calendar  writes the holidays of this year and the next three into the schedule of the deliveries
  branches  drops the branches that nobody owns
  compact   writes tables of many small files anew in fewer; the same rows
  expire    drops tags that are no longer kept (the last 60 slots and each month's last are), and what only they kept
  orphans   deletes files of tables that no snapshot names and that are older than a week
All but sweep come every week by schedule. branches, compact, expire and orphans wait for the lake as a run does.`;

type Options = { stack: string; task: MaintenanceTask[]; wait?: boolean; json?: boolean };

export async function maintenance({ stack, task: tasks, wait, json }: Options): Promise<void> {
  const config = readConfig(stack);
  const client = await temporalClient(config);
  try {
    const workflowId = `${MAINTENANCE_ID_PREFIX}-manual-${new Date().toISOString().slice(0, 19)}Z`;
    await client.workflow.start(MAINTENANCE_TYPE, {
      workflowId,
      taskQueue: config.temporal.taskQueue,
      args: [{ tasks } satisfies MaintenanceRequest],
      staticSummary: `Maintenance started by hand: ${tasks.join(', ')}`,
    });
    const tell = (line: string) => (json ? console.error(line) : console.log(line));
    tell(`started ${workflowId}`);
    if (!wait) return json ? console.log(JSON.stringify({ workflowId })) : undefined;
    const result = await watchRun<MaintenanceResult>(client, workflowId, (line) => tell(`  ${line}`));
    if (json) console.log(JSON.stringify(result, null, 2));
    else for (const line of result.done) console.log(line);
  } finally {
    await client.connection.close();
  }
}
