import { Context } from '@temporalio/activity';
import { WorkflowContinuedAsNewError, WorkflowFailedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { LAKE_LOCK_ID, LAKE_LOCK_TYPE, REQUEST_LAKE } from '../workflows/names.ts';
import type { LakeActivities } from '../workflows/types.ts';

/** What the lake's lock needs of the Temporal server: to be there, and to learn that a run is closed. */
export function lockActivities(): Pick<LakeActivities, 'enterLakeQueue' | 'awaitClosed'> {
  return {
    /** Asking twice enters once: the lock knows its requesters. It is started when it is not there. */
    async enterLakeQueue(requester) {
      const { client, info } = Context.current();
      await client.workflow.signalWithStart(LAKE_LOCK_TYPE, {
        workflowId: LAKE_LOCK_ID,
        taskQueue: info.taskQueue,
        signal: REQUEST_LAKE,
        signalArgs: [requester],
        staticSummary: 'One writer of the lake at a time',
      });
    },

    async awaitClosed({ workflowId, runId }) {
      const { client, cancelled } = Context.current();
      const result = client.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
      return Promise.race([result.then(() => 'completed', howItEnded), cancelled]);
    },
  };
}

/** A closed run, whatever it ended with, is an answer; that the server cannot be reached is none. */
function howItEnded(error: unknown): string {
  if (error instanceof WorkflowFailedError) return error.cause?.name ?? 'failed';
  if (error instanceof WorkflowContinuedAsNewError) return 'continued as new';
  if (error instanceof WorkflowNotFoundError) return 'unknown to the server';
  throw error;
}
