import { beforeAll, describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { PATIENCE, type ReadFile, type Row, readSlot, rowsOf } from './read-delivery.ts';

const FORMS: Record<string, RegExp> = {
  int: /^-?\d+(\.0)?$/,
  bigint: /^-?\d+(\.0)?$/,
  double: /^-?\d+(\.\d+)?([eE]-\d\d)?$/,
  'decimal(18,3)': /^-?\d+(\.\d{1,3})?$/,
  string: /^.+$/s,
};

let files: ReadFile[];

beforeAll(async () => {
  files = [...(await readSlot(0, 0.005)), ...(await readSlot(1, 0.005))];
}, PATIENCE);

function values(table: string, column: string): string[] {
  return rowsOf(files, table).map((row: Row) => row[column] ?? '');
}

describe('values', () => {
  test('fit the types of their columns, keys are there, and sets that are closed hold: there are no bad rows', () => {
    const { sources } = compileCatalogue(loadCatalogue());
    const bad: string[] = [];
    for (const { key, table, header, records } of files) {
      for (const column of sources[table]?.columns ?? []) {
        const at = header.indexOf(column.name);
        for (const record of records) {
          const value = record[at] ?? '';
          if (value === '') {
            if (!column.nullable) bad.push(`${key} ${column.name}: empty`);
          } else if (!FORMS[column.type]?.test(value)) {
            bad.push(`${key} ${column.name}: ${value}`);
          } else if (column.accepted !== null && !column.accepted.map(String).includes(value)) {
            bad.push(`${key} ${column.name}: ${value}`);
          }
        }
      }
    }
    expect(bad.slice(0, 20)).toEqual([]);
  });

  test('with a comma stand in double quotes', () => {
    const text = files.map((file) => file.text).join('');
    for (const value of ['Spouse, partner', 'Stone, brick']) {
      expect(text).toContain(`"${value}"`);
      expect(text.replaceAll(`"${value}"`, '')).not.toContain(value);
    }
  });

  test('of whole-number columns that may be empty end in .0 in most files and in some do not', async () => {
    const forms = new Map<string, number>();
    for (let slot = 0; slot < 6; slot++) {
      for (const { header, records } of await readSlot(slot, 0.0005, 7, ['bureau'])) {
        const at = header.indexOf('DAYS_CREDIT_ENDDATE');
        const dotted = records.filter((record) => record[at] !== '').map((record) => record[at]?.endsWith('.0'));
        expect(new Set(dotted).size).toBe(1);
        forms.set(String(dotted[0]), (forms.get(String(dotted[0])) ?? 0) + 1);
      }
    }
    expect(forms.get('true') ?? 0).toBeGreaterThan(forms.get('false') ?? 0);
  });

  test('of rates hold tiny ones in exponent form and long ones with 16 digits', () => {
    const rates = values('previous_application', 'RATE_DOWN_PAYMENT');
    expect(rates.some((rate) => /^\d(\.\d+)?e-05$/.test(rate))).toBe(true);
    expect(rates.some((rate) => /^0\.\d{15}[1-9]$/.test(rate))).toBe(true);
    expect(Math.max(...rates.map(Number))).toBeLessThan(1);
  });

  test('of amounts have one to three decimals, and debts and balances can be negative', () => {
    const sums = values('bureau', 'AMT_CREDIT_SUM').filter((sum) => sum !== '');
    expect(new Set(sums.map((sum) => sum.split('.')[1]?.length))).toEqual(new Set([1, 2, 3]));
    const negative = (table: string, column: string) => values(table, column).filter((value) => value.startsWith('-'));
    expect(negative('bureau', 'AMT_CREDIT_SUM_DEBT').length).toBeGreaterThan(0);
    expect(negative('credit_card_balance', 'AMT_BALANCE').length).toBeGreaterThan(0);
  });

  test('for no such date are 365243, and of some bureaus lie near -42000', () => {
    const is = (value: string) => value.replace('.0', '') === '365243';
    expect(values('application_train', 'DAYS_EMPLOYED').filter(is).length).toBeGreaterThan(0);
    for (const column of ['DRAWING', 'DUE']) {
      expect(values('previous_application', `DAYS_FIRST_${column}`).filter(is).length).toBeGreaterThan(0);
    }
    expect(values('bureau', 'DAYS_CREDIT_ENDDATE').filter((value) => Number(value) < -41_000).length).toBeGreaterThan(
      0,
    );
  });

  test('for not available and not applicable are XNA and XAP', () => {
    expect(values('application_train', 'ORGANIZATION_TYPE')).toContain('XNA');
    const purposes = new Set(values('previous_application', 'NAME_CASH_LOAN_PURPOSE'));
    expect(purposes).toContain('XNA');
    expect(purposes).toContain('XAP');
  });

  test('of payment days are empty where an instalment was not paid, and then so is the amount', () => {
    const rows = rowsOf(files, 'installments_payments').filter((row) => row['DAYS_ENTRY_PAYMENT'] === '');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => row['AMT_PAYMENT'] === '')).toBe(true);
  });

  test('of applications agree with each other: age, work and family', () => {
    for (const row of rowsOf(files, 'application_train')) {
      const [born, employed] = [Number(row['DAYS_BIRTH']), Number(row['DAYS_EMPLOYED'])];
      expect(-born / 365.25).toBeGreaterThan(18);
      expect(-born / 365.25).toBeLessThan(75);
      if (employed !== 365_243) expect(employed - born).toBeGreaterThan(16 * 365);
      expect(Number(row['CNT_FAM_MEMBERS'])).toBeGreaterThan(Number(row['CNT_CHILDREN']));
    }
  });
});
