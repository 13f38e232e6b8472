import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  BACKFILL_QUEUE_TYPE,
  DATA_LAKE_RUN_TYPE,
  LAKE_LOCK_TYPE,
  MAINTENANCE_TYPE,
  PLAY_BACKFILL_TYPE,
  REBUILD_VERIFY_TYPE,
} from '../workflows/names.ts';
import { writeHistory } from './histories.ts';

export const WORKFLOW_TYPES = [
  ...[DATA_LAKE_RUN_TYPE, LAKE_LOCK_TYPE, REBUILD_VERIFY_TYPE],
  ...[BACKFILL_QUEUE_TYPE, PLAY_BACKFILL_TYPE, MAINTENANCE_TYPE],
] as const;
export type WorkflowType = (typeof WORKFLOW_TYPES)[number];

export type Wanted = { since: Date; type?: WorkflowType; limit: number };
export type Pulled = { name: string; type: string; status: string; events: number };

/**
 * Writes the histories of what runs now, and of what was closed since an instant, the newest first, into a folder. What
 * runs is what a deployment can break, so it is wanted however long ago it began.
 */
export async function pullHistories(
  client: Client,
  folder: string,
  { since, type, limit }: Wanted,
  tell: (pulled: Pulled) => void = () => undefined,
): Promise<Pulled[]> {
  const types = (type ? [type] : WORKFLOW_TYPES).map((name) => `'${name}'`).join(', ');
  const query = `WorkflowType IN (${types}) AND (ExecutionStatus = 'Running' OR CloseTime >= '${since.toISOString()}')`;
  const all: Pulled[] = [];
  for await (const found of client.workflow.list({ query })) {
    if (all.length === limit) break;
    const { workflowId, runId } = found;
    const history = await client.workflow
      .getHandle(workflowId, runId)
      .fetchHistory()
      // Its retention may end between the list and now.
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      });
    if (!history) continue;
    // The whole id of the run: it begins with the time, so that runs that follow each other share its first part.
    const name = `${workflowId.replaceAll(/[^\w.-]/g, '-')}-${runId}`;
    await writeHistory(folder, name, historyToJSON(history));
    const pulled = { name, type: found.type, status: found.status.name, events: history.events?.length ?? 0 };
    all.push(pulled);
    tell(pulled);
  }
  return all;
}
