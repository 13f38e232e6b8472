import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, type ReadFile, type Row, readSlot, rowsOf } from './read-delivery.ts';

let files: ReadFile[];
let train: Row[];
let previous: Row[];

beforeAll(async () => {
  files = await readSlot(0, 0.01, 1);
  train = rowsOf(files, 'application_train').filter((row) => row['TARGET'] !== '');
  previous = rowsOf(files, 'previous_application');
}, PATIENCE);

function share(rows: Row[], is: (row: Row) => boolean): number {
  return rows.filter(is).length / rows.length;
}

const defaulted = (row: Row) => row['TARGET'] === '1';

function defaultRate(is: (row: Row) => boolean): number {
  return share(train.filter(is), defaulted);
}

describe('at a hundredth of the full size', () => {
  test('about 8 % of the clients default', () => {
    expect(share(train, defaulted)).toBeGreaterThan(0.07);
    expect(share(train, defaulted)).toBeLessThan(0.092);
  });

  test.each([
    [
      'the young more than the old',
      (r: Row) => Number(r['DAYS_BIRTH']) > -12_784,
      (r: Row) => Number(r['DAYS_BIRTH']) < -20_089,
    ],
    [
      'poor regions more than rich ones',
      (r: Row) => r['REGION_RATING_CLIENT'] === '3',
      (r: Row) => r['REGION_RATING_CLIENT'] === '1',
    ],
    [
      'low incomes more than high ones',
      (r: Row) => Number(r['AMT_INCOME_TOTAL']) <= 135_000,
      (r: Row) => Number(r['AMT_INCOME_TOTAL']) > 270_000,
    ],
    [
      'secondary education more than higher',
      (r: Row) => (r['NAME_EDUCATION_TYPE'] ?? '').startsWith('Sec'),
      (r: Row) => r['NAME_EDUCATION_TYPE'] === 'Higher education',
    ],
    [
      'drivers and labourers more than accountants and core staff',
      (r: Row) => ['Drivers', 'Laborers'].includes(r['OCCUPATION_TYPE'] ?? ''),
      (r: Row) => ['Accountants', 'Core staff'].includes(r['OCCUPATION_TYPE'] ?? ''),
    ],
  ])('%s', (_, more, less) => {
    expect(defaultRate(more)).toBeGreaterThan(defaultRate(less) * 1.15);
  });

  test('about 62 % of the earlier applications were approved, in shares that differ by contract', () => {
    const approved = (row: Row) => row['NAME_CONTRACT_STATUS'] === 'Approved';
    expect(share(previous, approved)).toBeGreaterThan(0.61);
    expect(share(previous, approved)).toBeLessThan(0.63);
    const rate = (contract: string) =>
      share(
        previous.filter((row) => row['NAME_CONTRACT_TYPE'] === contract),
        approved,
      );
    expect(rate('Consumer loans')).toBeGreaterThan(rate('Revolving loans') + 0.2);
    expect(rate('Revolving loans')).toBeGreaterThan(rate('Cash loans') + 0.05);
    expect(rate('XNA')).toBe(0);
  });

  test('earlier applications have all statuses', () => {
    const statuses = new Set(previous.map((row) => row['NAME_CONTRACT_STATUS']));
    expect(statuses).toEqual(new Set(['Approved', 'Refused', 'Canceled', 'Unused offer']));
  });

  test('amounts are in four currencies, nearly all in the first', () => {
    const bureau = rowsOf(files, 'bureau');
    const currency = (n: number) => share(bureau, (row) => row['CREDIT_CURRENCY'] === `currency ${n}`);
    expect(currency(1)).toBeGreaterThan(0.95);
    for (const n of [2, 3, 4]) expect(currency(n)).toBeGreaterThan(0);
    expect(new Set(bureau.map((row) => row['CREDIT_TYPE'])).size).toBeGreaterThan(8);
  });

  test('those who default paid earlier instalments later', () => {
    const target = new Map(train.map((row) => [row['SK_ID_CURR'], row['TARGET']]));
    const paid = rowsOf(files, 'installments_payments').filter((row) => row['DAYS_ENTRY_PAYMENT'] !== '');
    const delay = (row: Row) => Number(row['DAYS_ENTRY_PAYMENT']) - Number(row['DAYS_INSTALMENT']);
    const late = paid.filter((row) => delay(row) > 0);
    const mean = (outcome: string) => {
      const delays = late.filter((row) => target.get(row['SK_ID_CURR']) === outcome).map(delay);
      return delays.reduce((sum, days) => sum + days, 0) / delays.length;
    };
    expect(mean('1')).toBeGreaterThan(mean('0') * 1.2);
    expect(late.length / paid.length).toBeGreaterThan(0.05);
    expect(late.length / paid.length).toBeLessThan(0.2);
  });

  test('a few credits elsewhere default, and of these between a third and a half recover', () => {
    const worst = new Map<string, number>();
    const months = rowsOf(files, 'bureau_balance');
    for (const { SK_ID_BUREAU: id = '', MONTHS_BALANCE: month, STATUS: status = '' } of months) {
      if (status === '4' || status === '5')
        worst.set(id, Math.max(worst.get(id) ?? Number.NEGATIVE_INFINITY, Number(month)));
    }
    const recovered = new Set<string>();
    for (const { SK_ID_BUREAU: id = '', MONTHS_BALANCE: month, STATUS: status = '' } of months) {
      if ((status === '0' || status === 'C') && Number(month) > (worst.get(id) ?? Number.POSITIVE_INFINITY))
        recovered.add(id);
    }
    const credits = new Set(months.map((row) => row['SK_ID_BUREAU'])).size;
    expect(worst.size / credits).toBeGreaterThan(0.01);
    expect(worst.size / credits).toBeLessThan(0.06);
    expect(recovered.size / worst.size).toBeGreaterThan(0.33);
    expect(recovered.size / worst.size).toBeLessThan(0.55);
  });

  test('some of the granted loans paid off others, and some credits were prolonged', () => {
    const granted = previous.filter((row) => row['NAME_CONTRACT_STATUS'] === 'Approved');
    const purpose = share(granted, (row) => row['NAME_CASH_LOAN_PURPOSE'] === 'Payments on other loans');
    expect(purpose).toBeGreaterThan(0.001);
    expect(purpose).toBeLessThan(0.02);
    expect(rowsOf(files, 'bureau').some((row) => Number(row['CNT_CREDIT_PROLONG']) > 0)).toBe(true);
  });
});
