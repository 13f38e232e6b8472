import { ApplicationFailure } from '@temporalio/common';
import { LostGrant } from '../control-db/queries/database.ts';
import type { FailureType } from '../workflows/failures.ts';

/** A failure that no second try can mend; its type is one of the list that workflows never retry. */
export function final(type: FailureType, message: string, cause?: Error): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, cause });
}

/** Turns what the control database refuses into the failure that workflows know. */
export async function fenced<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof LostGrant) throw final('LostGrant', error.message, error);
    throw error;
  }
}
