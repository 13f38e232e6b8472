import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beating, heartbeat } from '../../../activities/heartbeat.ts';

let environment: MockActivityEnvironment;
let heartbeats: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  heartbeats = [];
  environment = new MockActivityEnvironment(
    { heartbeatDetails: 'of the attempt before' },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  environment.on('heartbeat', (details) => heartbeats.push(details));
});
afterEach(() => {
  vi.useRealTimers();
});

const waiting = (tell: () => void) =>
  beating({
    work: async () => {
      tell();
      await new Promise((resolve) => setTimeout(resolve, 7_000));
    },
  });

test('an activity that waits heartbeats all the while, with what it told last', async () => {
  const running = environment.run(waiting(() => heartbeat('half')).work);
  await vi.advanceTimersByTimeAsync(7_000);
  await running;
  expect(heartbeats).toEqual(['half', 'half', 'half', 'half']);
});

test('one that told nothing yet repeats what the attempt before it told', async () => {
  const running = environment.run(waiting(() => undefined).work);
  await vi.advanceTimersByTimeAsync(7_000);
  await running;
  expect(heartbeats).toEqual(Array(3).fill('of the attempt before'));
});

test.each(['resolves', 'rejects'])('one that %s is silent afterwards', async (how) => {
  const activities = beating({
    work: async () => {
      if (how === 'rejects') throw new Error('no');
    },
  });
  await environment.run(activities.work).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(heartbeats).toEqual([]);
});
