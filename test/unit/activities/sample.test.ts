import { expect, test } from 'vitest';
import { lastAndSome } from '../../../activities/sample.ts';

const slots = Array.from({ length: 40 }, (_, index) => index);

test('a sample holds the last one and as many others, each once and in order, the same for the same seed', () => {
  const sample = lastAndSome(slots, 3, 7);
  expect(sample).toHaveLength(4);
  expect(sample.at(-1)).toBe(39);
  expect(sample).toEqual([...new Set(sample)].sort((a, b) => a - b));
  expect(lastAndSome(slots, 3, 7)).toEqual(sample);
});

test('seeds reach every slot in time', () => {
  const seen = new Set(Array.from({ length: 200 }, (_, seed) => lastAndSome(slots, 3, seed)).flat());
  expect([...seen].sort((a, b) => a - b)).toEqual(slots);
});

test('a sample of more than there is, is all; of nothing, nothing', () => {
  expect(lastAndSome([1, 2, 3], 10, 1)).toEqual([1, 2, 3]);
  expect(lastAndSome([], 3, 1)).toEqual([]);
});
