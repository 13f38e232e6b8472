import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { rootCause } from '../../../workflows/causes.ts';

test('what an activity said is told, not what Temporal wrapped it in', () => {
  const said = ApplicationFailure.create({ type: 'StepFailed', message: 'column "x" is gone' });
  const wrapped = new ActivityFailure('Activity task failed', 'runStep', '1', 'NON_RETRYABLE_FAILURE', 'w', said);
  expect(rootCause(wrapped)).toBe('column "x" is gone');
});

test('an error without a cause is told as it is', () => {
  expect(rootCause(new Error('no connection'))).toBe('no connection');
});

test('a cause that is no error ends the chain', () => {
  expect(rootCause(new Error('no connection', { cause: 'ECONNREFUSED' }))).toBe('no connection');
});

test('what is thrown without being an error is told as text', () => {
  expect(rootCause('out of luck')).toBe('out of luck');
});
