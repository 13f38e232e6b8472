import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, type ReadFile, readSlot, rowsOf } from './read-delivery.ts';

let files: ReadFile[];

beforeAll(async () => {
  files = [];
  // Up to slot 4, which has all tables: by then every row that exists has been delivered.
  for (let slot = 0; slot <= 4; slot++) files.push(...(await readSlot(slot, 0.002)));
}, PATIENCE);

function ids(table: string, column: string): Set<string> {
  return new Set(rowsOf(files, table).map((row) => row[column] ?? ''));
}

function shareIn(child: Set<string>, parent: Set<string>): number {
  return [...child].filter((id) => parent.has(id)).length / child.size;
}

describe('keys match across tables', () => {
  test('most credits and applications belong to a client with an application, a few to none', () => {
    const clients = new Set([...ids('application_train', 'SK_ID_CURR'), ...ids('application_test', 'SK_ID_CURR')]);
    for (const table of ['bureau', 'previous_application']) {
      const share = shareIn(ids(table, 'SK_ID_CURR'), clients);
      expect(share, table).toBeGreaterThan(0.95);
      expect(share, table).toBeLessThan(1);
    }
  });

  test.each([
    ['bureau_balance', 'SK_ID_BUREAU', 'bureau'],
    ['POS_CASH_balance', 'SK_ID_PREV', 'previous_application'],
    ['credit_card_balance', 'SK_ID_PREV', 'previous_application'],
    ['installments_payments', 'SK_ID_PREV', 'previous_application'],
  ])('most rows of %s have their parent, some have none', (child, column, parent) => {
    const share = shareIn(ids(child, column), ids(parent, column));
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(0.99);
  });

  test('a month names the client whom the application names', () => {
    const owner = new Map(rowsOf(files, 'previous_application').map((row) => [row['SK_ID_PREV'], row['SK_ID_CURR']]));
    for (const table of ['POS_CASH_balance', 'credit_card_balance', 'installments_payments']) {
      for (const row of rowsOf(files, table)) {
        const expected = owner.get(row['SK_ID_PREV']);
        if (expected !== undefined && expected !== row['SK_ID_CURR']) throw new Error(`${table} ${row['SK_ID_PREV']}`);
      }
    }
  });

  test('loans are told of in POS_CASH_balance, cards in credit_card_balance, and both were approved', () => {
    const kinds = new Map(rowsOf(files, 'previous_application').map((row) => [row['SK_ID_PREV'], row]));
    for (const [table, contracts] of [
      ['POS_CASH_balance', ['Cash loans', 'Consumer loans']],
      ['credit_card_balance', ['Revolving loans']],
    ] as const) {
      for (const id of ids(table, 'SK_ID_PREV')) {
        const application = kinds.get(id);
        if (application === undefined) continue;
        expect(contracts).toContain(application['NAME_CONTRACT_TYPE']);
        // A change may find out later that an approved offer was not taken.
        expect(['Approved', 'Unused offer']).toContain(application['NAME_CONTRACT_STATUS']);
      }
    }
  });

  test('very few clients are in test and in train', async () => {
    const large = await readSlot(0, 0.02, 7, ['application_train', 'application_test']);
    const train = new Set(rowsOf(large, 'application_train').map((row) => row['SK_ID_CURR']));
    const test = rowsOf(large, 'application_test').map((row) => row['SK_ID_CURR']);
    const both = test.filter((id) => train.has(id)).length;
    expect(both).toBeGreaterThan(0);
    expect(both).toBeLessThan(test.length * 0.01);
  });
});
