import { expect, test } from 'vitest';
import { heldLines } from '../../../cli/runs.ts';

const slot = new Date('2026-01-07T21:00:00Z');

test('held deliveries are told by slot, table and reason, with what to do next; of none nothing is said', () => {
  const lines = heldLines([
    { slot, table: '', files: 1, reason: 'a bug' },
    { slot, table: 'bureau', files: 2, reason: 'audit bad_row_share failed' },
  ]);
  expect(lines).toContain('  20260107T210000Z (table not identified yet): 1 file; a bug');
  expect(lines).toContain('  20260107T210000Z bureau: 2 files; audit bad_row_share failed');
  expect(lines.join(' ')).toMatch(/Next: .*those files delivered again/);
  expect(heldLines([])).toEqual([]);
});
