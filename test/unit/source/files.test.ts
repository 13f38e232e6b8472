import { beforeAll, describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { planDelivery } from '../../../infra/local/source/delivery.ts';
import { KEYS, PATIENCE, type ReadFile, readFiles, readSlot } from './read-delivery.ts';

const TABLES = Object.keys(KEYS);
/** Rows in the full public data, in the order of TABLES. */
const FULL = [307_511, 48_744, 1_716_428, 27_299_925, 1_670_214, 10_001_358, 3_840_312, 13_605_401];

let slots: ReadFile[][];
let all: ReadFile[];

beforeAll(async () => {
  slots = [];
  for (let slot = 0; slot < 6; slot++) slots.push(await readSlot(slot, 0.001));
  all = slots.flat();
}, PATIENCE);

/** The rule for keys, written down anew: the file's name first, then the folder; the longest name that it starts with. */
function tableOfKey(key: string): string | undefined {
  const parts = key.split('/').reverse();
  for (const part of parts) {
    const found = TABLES.filter((table) => part.toLowerCase().startsWith(table.toLowerCase()))
      .filter((table) => !/^[a-z0-9]/i.test(part.slice(table.length)))
      .sort((a, b) => b.length - a.length);
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}

describe('files', () => {
  test('as many records are written as were planned', () => {
    for (const file of all) expect([file.key, file.records.length]).toEqual([file.key, file.rows]);
  });

  test('the first slot has every table, and its size is the scale times the full one', () => {
    for (const scale of [1, 0.1, 0.001]) {
      const files = planDelivery({ slotNumber: 0, scale, seed: 3 });
      TABLES.forEach((table, i) => {
        const rows = files.filter((file) => file.table === table).reduce((sum, file) => sum + file.rows, 0);
        const exact = (FULL[i] ?? 0) * scale;
        expect(Math.abs(rows - exact), `${table} at scale ${scale}`).toBeLessThanOrEqual(Math.max(1, exact * 0.01));
      });
    }
  });

  test('the table can be told by the key, and no two files of a slot have the same', () => {
    for (const file of all) expect([file.key, tableOfKey(file.key)]).toEqual([file.key, file.table]);
    for (const files of slots) expect(new Set(files.map((file) => file.key)).size).toBe(files.length);
  });

  test('a label for the date stands in every name', () => {
    for (const { key } of planDelivery({ slotNumber: 1, scale: 0.001, seed: 1, dateLabel: '20260105T0900' })) {
      expect(key).toContain('20260105T0900');
    }
  });

  test('later slots sometimes leave a table out', () => {
    const tables = slots.map((files) => new Set(files.map((file) => file.table)).size);
    expect(tables[0]).toBe(8);
    expect(Math.min(...tables)).toBeLessThan(8);
  });

  test('headers have the columns of the catalogue, in its order but for the declared variants', () => {
    const { sources } = compileCatalogue(loadCatalogue());
    const variants = { reordered: 0, indexed: 0 };
    for (const { key, table, header } of all) {
      const expected = sources[table]?.columns.map((column) => column.name) ?? [];
      const named = header[0] === '' ? header.slice(1) : header;
      if (header[0] === '') variants.indexed++;
      expect([...named].sort(), key).toEqual([...expected].sort());
      if (named.join() !== expected.join()) variants.reordered++;
    }
    for (const count of Object.values(variants)) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(all.length / 4);
    }
  });

  test('some files have CRLF line ends, some a byte-order mark, some are gzip, and most are none of these', () => {
    const share = (is: (file: ReadFile) => boolean) => all.filter(is).length / all.length;
    const crlf = (file: ReadFile) => file.text.includes('\r\n');
    const mark = (file: ReadFile) => file.text.startsWith('\ufeff');
    const gzip = (file: ReadFile) => file.key.endsWith('.csv.gz');
    for (const form of [crlf, mark, gzip]) {
      expect(share(form)).toBeGreaterThan(0.05);
      expect(share(form)).toBeLessThan(0.45);
    }
    expect(all.filter((file) => !gzip(file)).every((file) => file.key.endsWith('.csv'))).toBe(true);
  });

  test('line ends are of one kind in a file', () => {
    for (const { key, text } of all) {
      const [crlf, lf] = [text.split('\r\n').length, text.split('\n').length];
      expect([1, lf], key).toContain(crlf);
    }
  });

  test('a table comes in more than one file at times', () => {
    const perTable = slots.map((files) => files.length - new Set(files.map((file) => file.table)).size);
    expect(Math.max(...perTable)).toBeGreaterThan(0);
  });

  test('a lake of a handful of rows still has every table', async () => {
    const files = await readFiles(planDelivery({ slotNumber: 0, scale: 0.000001, seed: 1 }));
    expect(new Set(files.map((file) => file.table)).size).toBe(8);
    for (const file of files) expect(file.records.length).toBe(file.rows);
    for (let slotNumber = 1; slotNumber < 5; slotNumber++) {
      for (const file of await readSlot(slotNumber, 0.000001)) expect(file.records.length).toBe(file.rows);
    }
  });
});
