import { ApplicationFailure } from '@temporalio/common';
import { mustHoldGrantNow } from '../control-db/queries/database.ts';
import type { FailureType } from '../workflows/failures.ts';
import type { Lake } from './context.ts';
import { fenced } from './failures.ts';

/**
 * Lets the holder of the lake alone go on. A worker that was paused may wake when another run has long taken the lake, and goes on
 * where it stood: so each deed on EMR that could harm the newer run asks first. What plays beside the lake (a rebuild, a
 * backfill) has no grant and is not asked. @throws LostGrant as a failure that is never retried
 */
export async function mustHoldLake(lake: Pick<Lake, 'database'>, grant: number | undefined): Promise<void> {
  if (grant) await fenced(mustHoldGrantNow(lake.database, grant));
}

export const isLostGrant = (error: unknown): boolean =>
  error instanceof ApplicationFailure && error.type === ('LostGrant' satisfies FailureType);
