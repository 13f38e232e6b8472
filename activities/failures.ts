import { ApplicationFailure } from '@temporalio/common';
import { LostGrant } from '../control-db/queries/database.ts';
import type { FailureType } from '../workflows/failures.ts';

/** A failure that no second try can mend; its type is one of the list that workflows never retry. */
export function final(type: FailureType, message: string, cause?: Error): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, cause });
}

/** Postgres's classes of errors that no second try mends: bad data, broken constraints, wrong SQL. */
const NEVER_PASSING = /^(22|23|42)/;

/** Lets bugs fail at once, with their cause, instead of being tried for hours as if they could pass. */
export function failFast<A extends Record<string, (...args: never[]) => Promise<unknown>>>(activities: A): A {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw isBug(error) ? final('Bug', `${name}: ${error.message}`, error) : error;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as A;
}

function isBug(error: unknown): error is Error {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return true;
  return error instanceof Error && 'code' in error && 'severity' in error && NEVER_PASSING.test(String(error.code));
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
