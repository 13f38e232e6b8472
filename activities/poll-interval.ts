import { Context, sleep } from '@temporalio/activity';

/** A step is looked at half as often once it has run for so many intervals. */
const SETTLED_AFTER = 20;
/** So far an interval may be off, in either direction, so that steps begun together are not looked at together. */
const JITTER = 0.25;

/**
 * How long to wait before the next look, in milliseconds: twice as long in the end, as the longer a step has run, the less
 * a late look delays its run. `random` is in [0, 1).
 */
export function pollInterval(pollSeconds: number, age: number, random: number): number {
  const base = pollSeconds * 1000;
  const slower = base > 0 ? 1 + Math.min(1, age / (SETTLED_AFTER * base)) : 1;
  return base * slower * (1 + JITTER * (2 * random - 1));
}

/** How old, in milliseconds, a look may be that steps share: one step's own looks are always fresh. */
export const freshness = (pollSeconds: number) => pollSeconds * 1000 * (1 - JITTER);

/** Waits, and lets a cancellation in, also when there is nothing to wait for. @throws CancelledFailure */
export async function pause(milliseconds: number): Promise<void> {
  if (milliseconds > 0) return sleep(milliseconds);
  await Promise.race([Context.current().cancelled, new Promise<void>((resolve) => setImmediate(resolve))]);
}
