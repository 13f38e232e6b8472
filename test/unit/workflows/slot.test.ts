import { describe, expect, test } from 'vitest';
import { branchOf, instantOf, slotOf, tagOf } from '../../../workflows/slot.ts';

describe('a slot', () => {
  test('is its instant in UTC, to the second', () => {
    expect(slotOf(new Date('2026-11-24T06:00:00.999-03:00'))).toBe('20261124T090000Z');
  });

  test('gives its instant back', () => {
    expect(instantOf('20261124T090000Z')).toBe('2026-11-24T09:00:00Z');
  });

  test('names branch and tag', () => {
    expect(branchOf({ slot: '20261124T090000Z' })).toBe('run_20261124T090000Z');
    expect(branchOf({ slot: '20261124T090000Z', backfill: 7 })).toBe('backfill_7');
    expect(tagOf('20261124T090000Z')).toBe('slot_20261124T090000Z');
  });

  test('sorts as text in the order of time', () => {
    const times = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z', '2026-02-01T00:00:00Z', '2027-01-01T00:00:00Z'];
    const slots = times.map((time) => slotOf(new Date(time)));
    expect([...slots].sort()).toEqual(slots);
  });

  test.each(['', '2026-11-24T09:00:00Z', '20261124T0900Z', '20261124T090000', ' 20261124T090000Z'])(
    '"%s" is none, and the message shows one',
    (text) => {
      expect(() => instantOf(text)).toThrow(RangeError);
      expect(() => instantOf(text)).toThrow('20261124T090000Z');
    },
  );
});
