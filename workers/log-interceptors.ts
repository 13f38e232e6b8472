import { fileURLToPath } from 'node:url';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** The modules of workflows that the worker looks for interceptors in. */
export const WORKFLOW_INTERCEPTORS = [fileURLToPath(new URL('../workflows/log-context.ts', import.meta.url))];

/**
 * Each line that an activity logs says of which slot and step it is, as its request has them. `attempt` is the activity's
 * own, as the SDK names it; `runAttempt` is the run's at its slot.
 */
export const activityLog: ActivityInterceptorsFactory = () => {
  let noted: Record<string, unknown> = {};
  return {
    inbound: {
      execute: (input, next) => {
        noted = logAttributes(input.args[0]);
        return next(input);
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...noted }) },
  };
};

/** Requests name a run's context, or are one. */
export function logAttributes(request: unknown): Record<string, unknown> {
  if (typeof request !== 'object' || request === null) return {};
  const { context = request, step } = request as { context?: Record<string, unknown>; step?: string };
  const { slot, attempt } = (context ?? {}) as { slot?: string; attempt?: number };
  return {
    ...(slot === undefined ? {} : { slot }),
    ...(attempt === undefined ? {} : { runAttempt: attempt }),
    ...(step === undefined ? {} : { step }),
  };
}
