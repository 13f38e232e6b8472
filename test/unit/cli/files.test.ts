import { describe, expect, test } from 'vitest';
import { heldOf, nextSteps } from '../../../cli/files.ts';
import type { ChosenFile } from '../../../control-db/queries/rejections.ts';

const slot = new Date('2026-01-07T21:00:00Z');
const file = (number: number, outcome: string, rejectedBy: string | null = null): ChosenFile => ({
  ...{ file: number, landingKey: `bureau/${number}.csv`, slot, table: 'bureau', outcome },
  ...{ rejectedBy, rejectedAt: rejectedBy === null ? null : slot },
});

describe('of the files that a person names', () => {
  test('those that are held are rejected, and those that were rejected before stay as they are', () => {
    const chosen = [file(1, 'held'), file(2, 'refused', 'ana')];
    expect(heldOf(chosen, { files: [1, 2] })).toEqual([chosen[0]]);
  });

  test('one that is neither is told with its reason, and nothing is rejected', () => {
    const chosen = [file(1, 'held'), file(2, 'accepted'), file(3, 'refused')];
    expect(() => heldOf(chosen, { files: [1, 2, 3] })).toThrow(
      /file 2 \(bureau\/2\.csv, slot 20260107T210000Z\) was accepted by its run; file 3 .* was refused by the lake itself/,
    );
  });

  test('one that the ledger does not know, or a slot with nothing held, is told', () => {
    expect(() => heldOf([file(1, 'held')], { files: [1, 9] })).toThrow(/has no file 9/);
    expect(() => heldOf([], { slot, table: 'bureau' })).toThrow(/slot 20260107T210000Z of table bureau is held/);
  });
});

describe('what comes next', () => {
  const of = (changes: object) =>
    nextSteps({
      ...{
        file: 7,
        slot,
        table: 'bureau',
        outcome: 'held',
        waits: false,
        rejection: null,
        publication: null,
        ...changes,
      },
    }).join('\n');

  test('for a held file is to release its delivery or to reject it; one that waits goes on by itself', () => {
    expect(of({})).toMatch(/^podlake files release --slot 20260107T210000Z --table bureau .*\npodlake files reject 7 /);
    expect(of({ table: null })).toMatch(/--slot 20260107T210000Z --reason/);
    expect(of({ waits: true })).toMatch(/by itself/);
    expect(of({ waits: true })).not.toMatch(/files release/);
  });

  test('for a refused file is a new delivery, for a rejected one nothing', () => {
    expect(of({ outcome: 'refused' })).toMatch(/deliver it again/);
    expect(of({ outcome: 'refused', rejection: { by: 'ana', at: slot, heldBecause: 'x' } })).toMatch(/^Nothing/);
  });

  test('for an accepted file depends on whether its run was published', () => {
    expect(of({ outcome: 'accepted' })).toBe('A run loads it now: podlake runs');
    expect(of({ outcome: 'accepted', publication: 3 })).toMatch(/^podlake quarantine list --file 7/);
  });
});
