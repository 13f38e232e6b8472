import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the S3 server that is used is the one built to have objects on disk before it acknowledges them', () => {
  const program = readFileSync(process.env['PODLAKE_VERSITYGW'] ?? '');
  // The words of its two refusals, which the released program does not have.
  expect(program.includes('object to disk: ')).toBe(true);
  expect(program.includes("object's name to disk: ")).toBe(true);
});
