import { ScheduleOverlapPolicy } from '@temporalio/client';
import { watchRun } from '../../cli/watch.ts';
import { RUN_ID_PREFIX, SCHEDULE_ID } from '../../workflows/names.ts';
import { type Stack, tell } from './stack.ts';

export type RunEnd = { outcome: string; message: string };

/**
 * Plays slots (in order, without a slot of the schedule between them that is not among them) by one backfill of the schedule,
 * and waits for the ends of their runs, failed ones too.
 */
export async function playSlots(stack: Stack, slots: readonly Date[]): Promise<RunEnd[]> {
  const [first, last] = [slots[0], slots.at(-1)];
  if (!first || !last) return [];
  const before = await Promise.all(slots.map((slot) => newestRun(stack, slot)));
  await stack.temporal.schedule.getHandle(SCHEDULE_ID).backfill({
    start: new Date(first.getTime() - 1000),
    end: new Date(last.getTime() + 1000),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
  const ends: RunEnd[] = [];
  for (const [index, slot] of slots.entries()) {
    await untilAnother(stack, slot, before[index]);
    const workflowId = workflowIdOf(slot);
    const end = await watchRun(stack.temporal, workflowId, (line) => {
      if (!/ done[, ]/.test(line)) tell(`  ${line}`);
    }).catch((error: Error) => ({ outcome: 'failed', message: rootMessage(error) }));
    tell(`${workflowId}: ${end.outcome}, ${end.message}`);
    ends.push({ outcome: end.outcome, message: end.message });
  }
  return ends;
}

export const workflowIdOf = (slot: Date) => `${RUN_ID_PREFIX}-${slot.toISOString().slice(0, 19)}Z`;

/** The newest execution for the slot; undefined when there is none. */
async function newestRun(stack: Stack, slot: Date): Promise<string | undefined> {
  const found = await stack.temporal.workflow
    .getHandle(workflowIdOf(slot))
    .describe()
    .catch(() => undefined);
  return found?.runId;
}

async function untilAnother(stack: Stack, slot: Date, before: string | undefined): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const runId = await newestRun(stack, slot);
    if (runId !== undefined && runId !== before) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the schedule did not start ${workflowIdOf(slot)} within 30 seconds`);
}

/** What the innermost cause says: a failed workflow's own message is always the same. */
function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
