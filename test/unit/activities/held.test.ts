import { expect, test } from 'vitest';
import { countHeld, heldByTable, heldText, heldWarnings } from '../../../activities/held.ts';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';

const [evening, morning] = [new Date('2026-01-07T21:00:00Z'), new Date('2026-01-08T09:00:00Z')];
const of = (slot: Date, table: string) => ({ slot, table, files: 1, reason: 'audit failed' });
const held = [of(evening, 'application_train'), of(evening, 'bureau'), of(morning, 'POS_CASH_balance')];

test('a delivery is what came in one slot, told by its slot and its tables', () => {
  expect(countHeld(held)).toBe(2);
  expect(heldText(held)).toBe('20260107T210000Z: application_train, bureau; 20260108T090000Z: POS_CASH_balance');
  expect([countHeld([]), heldText([])]).toEqual([0, '']);
});

test('a delivery that was held before its tables were known is told in words, to analysts and in the warnings of a run', () => {
  expect(heldText([of(evening, ''), of(evening, 'bureau')])).toBe(
    '20260107T210000Z: (tabela ainda não identificada), bureau',
  );
  expect(heldWarnings([{ ...of(evening, ''), files: 2 }, of(morning, 'bureau')])).toEqual([
    'slot 20260107T210000Z is held, so that readers lack 2 files of a table not identified yet: audit failed',
    'slot 20260108T090000Z is held, so that readers lack 1 file of bureau: audit failed',
  ]);
});

test('a table lacks what is held of its source, an indicator what the tables lack that it reads or looks back on', () => {
  const { trusted, refined } = heldByTable(compileCatalogue(loadCatalogue()), held);
  expect(heldText(trusted('pos_cash_balance'))).toBe('20260108T090000Z: POS_CASH_balance');
  expect(heldText(trusted('bureau_balance'))).toBe('');
  expect(heldText(refined('taxa_inadimplencia'))).toBe('20260107T210000Z: application_train');
  expect(heldText(refined('variacao_taxa_inadimplencia'))).toBe('20260107T210000Z: application_train');
  expect(heldText(refined('inadimplencia_mensal_bureau'))).toBe('');
});
