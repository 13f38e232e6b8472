import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';

/** What activities ask Temporal: which executions run. All others are closed, or unknown where `unknown` names them. */
export class FakeTemporal {
  readonly running = new Set<string>();
  readonly unknown = new Set<string>();

  /** Runs an activity with this as its client. */
  async run<Args extends unknown[], Result>(
    activity: (...args: Args) => Promise<Result>,
    ...args: Args
  ): Promise<Result> {
    const describe = async (workflowId: string, runId?: string) => {
      if (this.unknown.has(workflowId)) throw new WorkflowNotFoundError('not found', workflowId, runId);
      const name = this.running.has(runId ?? workflowId) ? 'RUNNING' : 'TERMINATED';
      return { status: { name } };
    };
    const running = this.running;
    const workflow = {
      getHandle: (workflowId: string, runId?: string) => ({ describe: () => describe(workflowId, runId) }),
      async *list() {
        for (const workflowId of running) yield { workflowId };
      },
    };
    const withAbortSignal = (_signal: AbortSignal, work: () => unknown) => work();
    const client = { workflow, withAbortSignal } as unknown as Client;
    return (await new MockActivityEnvironment({}, { client }).run(activity, ...args)) as Result;
  }
}
