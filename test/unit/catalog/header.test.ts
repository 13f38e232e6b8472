import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { checkHeader } from '../../../catalog/header.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import type { CompiledSource } from '../../../catalog/types.ts';

const { sources } = compileCatalogue(loadCatalogue());

function source(name: string): CompiledSource {
  const found = sources[name];
  if (found === undefined) throw new Error(`no source ${name}`);
  return found;
}

const balance = source('bureau_balance');
const train = source('application_train');
const trainHeader = train.columns.map(({ name }) => name);
const renamed = (header: string[], from: string, to: string) => header.map((name) => (name === from ? to : name));

describe('the header of a file', () => {
  test('is accepted as it should be, without a note', () => {
    expect(checkHeader(balance, ['SK_ID_BUREAU', 'MONTHS_BALANCE', 'STATUS'])).toEqual({
      accepted: true,
      columns: ['SK_ID_BUREAU', 'MONTHS_BALANCE', 'STATUS'],
      notes: [],
    });
  });

  test('is accepted in another order, which it keeps', () => {
    expect(checkHeader(balance, ['STATUS', 'SK_ID_BUREAU', 'MONTHS_BALANCE'])).toMatchObject({
      accepted: true,
      columns: ['STATUS', 'SK_ID_BUREAU', 'MONTHS_BALANCE'],
      notes: [],
    });
  });

  test('has its names trimmed, and taken in any case with a note', () => {
    expect(checkHeader(balance, [' SK_ID_BUREAU', 'months_balance\r', 'STATUS '])).toEqual({
      accepted: true,
      columns: ['SK_ID_BUREAU', 'MONTHS_BALANCE', 'STATUS'],
      notes: ['Column months_balance was taken as MONTHS_BALANCE: the names differ by case alone.'],
    });
  });

  test('keeps and reports columns that the source does not know, unnamed ones under the place where they stand', () => {
    expect(checkHeader(balance, ['', 'SK_ID_BUREAU', 'MONTHS_BALANCE', 'region', 'STATUS', ' '])).toEqual({
      accepted: true,
      columns: ['_sem_nome_1', 'SK_ID_BUREAU', 'MONTHS_BALANCE', 'region', 'STATUS', '_sem_nome_6'],
      notes: [
        'Unknown column _sem_nome_1 is kept in raw alone.',
        'Unknown column region is kept in raw alone.',
        'Unknown column _sem_nome_6 is kept in raw alone.',
      ],
    });
  });

  test('is refused if a name stands twice, in whatever case', () => {
    const verdict = checkHeader(balance, ['SK_ID_BUREAU', 'MONTHS_BALANCE', 'STATUS', 'status', 'x', 'X', 'x']);
    expect(verdict).toEqual({
      accepted: false,
      reason:
        'The header has columns STATUS, x more than once. Ask the source for a file in which each name stands once.',
    });
  });

  test('is refused if a required column is renamed, and the likely new name is given', () => {
    expect(checkHeader(train, renamed(trainHeader, 'TARGET', 'DEFAULTED'))).toEqual({
      accepted: false,
      reason:
        'Required column missing for application_train: TARGET. Unexpected: DEFAULTED. ' +
        'Likely renamed: TARGET as DEFAULTED. Ask the source to deliver the file again with this column.',
    });
  });

  test('one missing and one unexpected are a likely rename wherever they stand', () => {
    const header = [...trainHeader.filter((name) => name !== 'TARGET'), 'DEFAULTED'];
    expect(checkHeader(train, header)).toMatchObject({
      reason: expect.stringContaining('Likely renamed: TARGET as DEFAULTED.'),
    });
  });

  test('of several, those in the same place are likely renames', () => {
    const header = [...renamed(renamed(trainHeader, 'TARGET', 'DEFAULTED'), 'AMT_CREDIT', 'VALUE'), 'EXTRA'];
    expect(checkHeader(train, header)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining(
        'missing for application_train: TARGET, AMT_CREDIT. Unexpected: DEFAULTED, VALUE, EXTRA. ' +
          'Likely renamed: TARGET as DEFAULTED, AMT_CREDIT as VALUE.',
      ),
    });
  });

  test('an unnamed index column is no likely rename of a column that is missing', () => {
    expect(checkHeader(balance, ['', 'SK_ID_BUREAU', 'MONTHS_BALANCE'])).toEqual({
      accepted: false,
      reason:
        'Required column missing for bureau_balance: STATUS. Unexpected: _sem_nome_1. ' +
        'Ask the source to deliver the file again with this column.',
    });
  });

  test('is refused if a required column is simply not there', () => {
    expect(checkHeader(balance, ['SK_ID_BUREAU', 'MONTHS_BALANCE'])).toEqual({
      accepted: false,
      reason:
        'Required column missing for bureau_balance: STATUS. No unexpected columns. ' +
        'Ask the source to deliver the file again with this column.',
    });
  });

  test('is accepted without an optional column, which is reported', () => {
    const previous = source('previous_application');
    const header = previous.columns.map(({ name }) => name);
    const without = header.filter((name) => name !== 'RATE_INTEREST_PRIMARY');
    expect(checkHeader(previous, without)).toMatchObject({
      accepted: true,
      notes: ['Optional column RATE_INTEREST_PRIMARY is missing: its values are null.'],
    });
    expect(checkHeader(previous, renamed(header, 'RATE_INTEREST_PRIMARY', 'RATE'))).toMatchObject({
      accepted: true,
      notes: [
        'Unknown column RATE is kept in raw alone.',
        'Optional column RATE_INTEREST_PRIMARY is missing: its values are null. It may have been renamed to RATE.',
      ],
    });
  });

  test('of another table is refused', () => {
    expect(checkHeader(balance, trainHeader)).toMatchObject({ accepted: false });
    expect(checkHeader(balance, [])).toMatchObject({ accepted: false });
  });
});
