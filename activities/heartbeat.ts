import { Context } from '@temporalio/activity';

const EVERY_MS = 2_000;

/** What each running activity told last. */
const told = new WeakMap<Context, unknown>();

/**
 * Tells how far the running activity is; repeated for it until it tells something new. An activity that has been cancelled
 * ends here, also when that is because its worker ends: what it told is where its next attempt goes on.
 * @throws CancelledFailure
 */
export function heartbeat(details: unknown): void {
  const context = Context.current();
  told.set(context, details);
  context.heartbeat(details);
  context.cancellationSignal.throwIfAborted();
}

/**
 * Heartbeats while an activity works, whatever it waits for: a dead worker is noticed in seconds, a slow call is not taken
 * for a dead worker, and a cancellation is learned.
 */
export function beating<A extends Record<string, (...args: never[]) => Promise<unknown>>>(activities: A): A {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      const context = Context.current();
      told.set(context, context.info.heartbeatDetails);
      const timer = setInterval(() => context.heartbeat(told.get(context)), EVERY_MS);
      try {
        return await activity(...args);
      } finally {
        clearInterval(timer);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as A;
}
