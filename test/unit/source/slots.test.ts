import { beforeAll, describe, expect, test } from 'vitest';
import { KEYS, keyOf, PATIENCE, plain, type ReadFile, readSlot, rowsOf } from './read-delivery.ts';

const TABLES = Object.keys(KEYS);
const SLOTS = 9;

let slots: ReadFile[][];

beforeAll(async () => {
  slots = [];
  for (let slot = 0; slot < SLOTS; slot++) slots.push(await readSlot(slot, 0.002));
}, PATIENCE);

/** What each slot does to a table that is folded by key, the last line of a key within a slot winning. */
function fold(table: string) {
  const state = new Map<string, string>();
  return slots.map((files) => {
    const lines = rowsOf(files, table);
    const rows = new Map(lines.map((row) => [keyOf(table, row), plain(row)]));
    const before = state.size;
    const count = { before, lines: lines.length, keys: rows.size, inserted: 0, updated: 0, unchanged: 0 };
    for (const [key, row] of rows) {
      const known = state.get(key);
      if (known === undefined) count.inserted++;
      else if (known === row) count.unchanged++;
      else count.updated++;
      state.set(key, row);
    }
    return count;
  });
}

describe.each(TABLES)('%s from slot to slot', (table) => {
  test('a later slot inserts about 1 % of the rows, updates 1 to 2 %, and repeats a few as they are', () => {
    let slotsSinceLast = 0;
    for (const { before, lines, inserted, updated, unchanged } of fold(table).slice(1)) {
      // A table that is left out of a slot brings more in its next one.
      slotsSinceLast++;
      if (lines === 0) continue;
      const one = (before / 100) * slotsSinceLast;
      expect(inserted).toBeGreaterThanOrEqual(Math.floor(one * 0.75));
      expect(inserted).toBeLessThanOrEqual(Math.ceil(one * 1.25) + 1);
      expect(updated).toBeGreaterThanOrEqual(Math.floor(one * 0.9) - 2);
      expect(updated).toBeLessThanOrEqual(Math.ceil(one * 2) + 2);
      expect(unchanged).toBeGreaterThanOrEqual(Math.floor(before / 100) - 1);
      slotsSinceLast = 0;
    }
  });

  test('a slot has a key once, but for a few that a second line corrects', () => {
    for (const { lines, keys } of fold(table)) expect(lines - keys).toBeLessThanOrEqual(lines / 3_500 + 1);
  });
});

describe('keys that come twice in a slot', () => {
  test('stand side by side, some with equal and some with other values', () => {
    const lines = rowsOf(slots[0] ?? [], 'bureau_balance');
    let [equal, different] = [0, 0];
    lines.forEach((row, i) => {
      const next = lines[i + 1];
      if (next === undefined || keyOf('bureau_balance', row) !== keyOf('bureau_balance', next)) return;
      if (plain(row) === plain(next)) equal++;
      else different++;
    });
    const twice = lines.length - new Set(lines.map((row) => keyOf('bureau_balance', row))).size;
    expect(equal + different).toBe(twice);
    expect(equal).toBeGreaterThan(0);
    expect(different).toBeGreaterThan(0);
  });
});

describe('outcomes', () => {
  test('that were unknown become known when a row changes, and some of the known ones turn', () => {
    const target = new Map<string, string>();
    let [learnt, turned, forgotten] = [0, 0, 0];
    for (const files of slots) {
      for (const row of rowsOf(files, 'application_train')) {
        const [key, now] = [row['SK_ID_CURR'] ?? '', row['TARGET'] ?? ''];
        const before = target.get(key);
        if (before === '' && now !== '') learnt++;
        if (before !== undefined && before !== '' && now === '') forgotten++;
        if (before !== undefined && before !== '' && now !== '' && before !== now) turned++;
        target.set(key, now);
      }
    }
    expect([...target.values()]).toContain('');
    expect(learnt + turned).toBeGreaterThan(0);
    expect(forgotten).toBe(0);
  });
});
