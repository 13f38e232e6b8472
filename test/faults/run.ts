// One run of the schedule, started and awaited although the server may be away for a while.
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { rootCause } from '../../workflows/causes.ts';
import { SCHEDULE_ID } from '../../workflows/names.ts';
import type { RunResult } from '../../workflows/types.ts';
import { workflowIdOf } from '../integration/runs.ts';
import type { Stack } from '../integration/stack.ts';
import { until } from './processes.ts';

/** Has the schedule play one slot. */
export async function startRun(stack: Stack, slot: Date): Promise<void> {
  await stack.temporal.schedule.getHandle(SCHEDULE_ID).backfill({
    start: new Date(slot.getTime() - 1000),
    end: new Date(slot.getTime() + 1000),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
  await until(async () => {
    await stack.temporal.workflow.getHandle(workflowIdOf(slot)).describe();
    return true;
  }, `the schedule starts the run of ${slot.toISOString()}`);
}

export async function isClosed(stack: Stack, slot: Date): Promise<boolean> {
  return (await stack.temporal.workflow.getHandle(workflowIdOf(slot)).describe()).status.name !== 'RUNNING';
}

/** What the run ended with; of a failed one the cause is the message. */
export async function endOf(stack: Stack, slot: Date): Promise<{ outcome: string; message: string }> {
  await until(() => isClosed(stack, slot), 'the run is closed', 240_000);
  try {
    const { outcome, message } = await stack.temporal.workflow
      .getHandle<() => Promise<RunResult>>(workflowIdOf(slot))
      .result();
    return { outcome, message };
  } catch (error) {
    return { outcome: 'failed', message: rootCause(error) };
  }
}
