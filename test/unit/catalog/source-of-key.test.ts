import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { sourceForKey } from '../../../catalog/source-of-key.ts';

const catalogue = compileCatalogue(loadCatalogue());

describe('the table of a landing object', () => {
  test.each([
    ['the name of the file tells it', 'application_train.csv', 'application_train'],
    ['whatever follows the name', 'POS_CASH_balance_20261124.csv.gz', 'POS_CASH_balance'],
    ['in any case', 'Pos_Cash_Balance-1.csv', 'POS_CASH_balance'],
    ['the longest name wins', 'bureau_balance_2.csv', 'bureau_balance'],
    ['a folder tells it if the file does not', 'bureau/2026-11-24.csv', 'bureau'],
    ['the nearest folder that does', 'bureau/bureau_balance/2026/11/24.csv', 'bureau_balance'],
    ['the file goes before its folder', 'bureau/bureau_balance.csv', 'bureau_balance'],
    ['a folder may have a suffix too', 'bureau_20261124/part-0.csv', 'bureau'],
    ['spaces, accents and % in the key do no harm', 'entrega de março/bureau 100%.csv', 'bureau'],
  ])('%s', (_what, key, source) => {
    expect(sourceForKey(catalogue, key)).toBe(source);
  });

  test.each([
    ['a part of a name is not the name', 'train.csv'],
    ['a name inside another word is not it', 'bureaux.csv'],
    ['nor before a letter with an accent', 'bureaué.csv'],
    ['nor before a digit', 'bureau2.csv'],
    ['a name must stand at the start', 'new_bureau.csv'],
    ['an empty key has no table', ''],
  ])('%s', (_what, key) => {
    expect(sourceForKey(catalogue, key)).toBeNull();
  });
});
