import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';

/** Whether a workflow runs now, by Temporal's own word; one that the server does not know any more does not. */
export async function isRunning(workflowId: string, runId?: string): Promise<boolean> {
  try {
    const { status } = await Context.current().client.workflow.getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** The first workflow of these types that runs; null when there is none. */
export async function anyRunning(types: readonly string[]): Promise<string | null> {
  const names = types.map((type) => `'${type}'`).join(', ');
  const query = `WorkflowType IN (${names}) AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of Context.current().client.workflow.list({ query })) return workflowId;
  return null;
}
