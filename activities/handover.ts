import { cancellationDetails } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** What an activity fails with whose worker ends before it: the next worker goes on with it. */
export const WORKER_SHUTDOWN = 'WorkerShutdown';

/**
 * Hands what is interrupted by the end of its worker over to the next one at once. As a plain cancellation it would be
 * retried only after the back-off of its policy, minutes after the third attempt.
 */
export function handedOver<A extends Record<string, (...args: never[]) => Promise<unknown>>>(activities: A): A {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        // What an activity says itself counts; the rest is how an interruption shows in one client or the other.
        if (!cancellationDetails()?.workerShutdown || error instanceof ApplicationFailure) throw error;
        throw ApplicationFailure.create({
          type: WORKER_SHUTDOWN,
          message: `${name} was interrupted, as its worker ends; the next one goes on with it`,
          nextRetryDelay: '1ms',
          ...(error instanceof Error ? { cause: error } : {}),
        });
      }
    },
  ]);
  return Object.fromEntries(wrapped) as A;
}
