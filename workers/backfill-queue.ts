import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { BACKFILL_QUEUE_ID, BACKFILL_QUEUE_TYPE } from '../workflows/names.ts';

/** Starts the queue of backfills unless it runs, so that anybody's signal finds it. */
export async function ensureBackfillQueue(client: Client, taskQueue: string): Promise<void> {
  await client.workflow.start(BACKFILL_QUEUE_TYPE, {
    workflowId: BACKFILL_QUEUE_ID,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    taskQueue,
    staticSummary: 'Past slots that are played again, one backfill after the other',
  });
}
