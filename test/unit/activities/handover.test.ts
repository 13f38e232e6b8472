import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeEach, describe, expect, test } from 'vitest';
import { handedOver } from '../../../activities/handover.ts';
import { heartbeat } from '../../../activities/heartbeat.ts';

let environment: MockActivityEnvironment;
beforeEach(() => {
  environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR', () => undefined) });
});
const cancel = {
  shutdown: () => environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true })),
  request: () => environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true })),
};

/** Tells how far it is, part by part, and is cancelled after the first. */
async function copying(why: keyof typeof cancel, copied: number[], thrown?: Error): Promise<unknown> {
  const { copy } = handedOver({
    async copy() {
      for (const part of [1, 2, 3]) {
        copied.push(part);
        cancel[why]();
        if (thrown) throw thrown;
        heartbeat({ part });
      }
    },
  });
  return environment.run(copy).then(
    () => expect.fail('it went on to its end'),
    (error: unknown) => error,
  );
}

describe('an activity whose worker ends', () => {
  test('ends at its next heartbeat, and is gone on with at once', async () => {
    const copied: number[] = [];
    const error = await copying('shutdown', copied);
    expect(copied).toEqual([1]);
    expect(error).toMatchObject({ type: 'WorkerShutdown', nonRetryable: false, nextRetryDelay: '1ms' });
  });

  test('and whose client is interrupted by it is gone on with at once, with what the client said', async () => {
    const cause = Object.assign(new Error('the call was aborted'), { name: 'AbortError' });
    expect(await copying('shutdown', [], cause)).toMatchObject({ type: 'WorkerShutdown', cause });
  });

  test('and that fails for good on its own just then has failed for good', async () => {
    const own = ApplicationFailure.create({ type: 'StepFailed', nonRetryable: true });
    expect(await copying('shutdown', [], own)).toBe(own);
  });
});

test('an activity that is cancelled ends at its next heartbeat as cancelled', async () => {
  const copied: number[] = [];
  expect(await copying('request', copied)).toBeInstanceOf(CancelledFailure);
  expect(copied).toEqual([1]);
});
