import { describe, expect, test } from 'vitest';
import { freshness, pollInterval } from '../../../activities/poll-interval.ts';

const SECOND = 1000;
const middle = 0.5;

describe('the time to the next look at a step', () => {
  test('is that of the configuration at first, and twice as long for one that runs for long', () => {
    expect(pollInterval(30, 0, middle)).toBe(30 * SECOND);
    expect(pollInterval(30, 5 * 60 * SECOND, middle)).toBe(45 * SECOND);
    expect(pollInterval(30, 10 * 60 * SECOND, middle)).toBe(60 * SECOND);
    expect(pollInterval(30, 10 * 3600 * SECOND, middle)).toBe(60 * SECOND);
  });

  test('differs by up to a quarter from step to step, so that they do not stay in step', () => {
    expect(pollInterval(30, 0, 0)).toBe(22.5 * SECOND);
    expect(pollInterval(30, 0, 0.999)).toBeLessThan(37.5 * SECOND);
    expect(pollInterval(30, 0, 0.999)).toBeGreaterThan(37 * SECOND);
  });

  test('is never less than a shared look stays fresh, so that a step alone never reads an old one', () => {
    for (const random of [0, 0.3, 0.999]) expect(pollInterval(30, 0, random)).toBeGreaterThanOrEqual(freshness(30));
  });

  test('is nothing where nothing is to be waited for', () => {
    expect(pollInterval(0, 60 * SECOND, 0.9)).toBe(0);
  });
});
