import { expect, test } from 'vitest';
import { businessDateOf } from '../../../activities/business-date.ts';

test.each([
  ['2026-01-05T21:00:00Z', '2026-01-05'],
  // Begun by hand at half past ten in the evening, when UTC has the next day.
  ['2026-01-06T01:30:00Z', '2026-01-05'],
  ['2026-01-06T03:00:00Z', '2026-01-06'],
  ['2027-01-01T02:59:59Z', '2026-12-31'],
])('%s falls on %s in São Paulo', (instant, date) => {
  expect(businessDateOf(new Date(instant))).toBe(date);
});
