import { describe, expect, test } from 'vitest';
import { planDelivery } from '../../../infra/local/source/delivery.ts';
import { FILE_FAULTS, planFaults, ROW_FAULTS } from '../../../infra/local/source/faults.ts';
import { keyOf, PATIENCE, readFiles, rowsOf } from './read-delivery.ts';

const delivery = (slotNumber: number) => planDelivery({ slotNumber, scale: 0.001, seed: 7 });
const faults = (slotNumber: number) => planFaults(delivery(slotNumber), 'lote');
const count = <T>(values: T[]) =>
  Object.fromEntries([...Map.groupBy(values, String)].map(([key, of]) => [key, of.length]));

describe('a delivery with faults', { timeout: PATIENCE }, () => {
  test('has every kind of fault, of a file and of a row, in numbers that are the same each time', async () => {
    const [{ files, told }, again] = await Promise.all([faults(0), faults(0)]);
    expect(new Set(told.files.map(({ kind }) => kind))).toEqual(new Set(FILE_FAULTS));
    expect(new Set(told.rows.map(({ kind }) => kind))).toEqual(new Set(ROW_FAULTS));
    expect(again.told).toEqual(told);
    const plain = (all: typeof files) => all.filter(({ key }) => !key.endsWith('.gz'));
    expect(plain(again.files)).toEqual(plain(files));
    expect(told.files.map(({ key }) => key)).toEqual(files.map(({ key }) => key));
  });

  test.each([0, 3])('of number %i has so few bad rows that no table is over 1 % of them', async (slotNumber) => {
    const { told } = await faults(slotNumber);
    for (const [table, { unreadable, quarantined }] of Object.entries(told.tables)) {
      const records = delivery(slotNumber).reduce((sum, file) => sum + (file.table === table ? file.rows : 0), 0);
      expect(unreadable + quarantined, table).toBeLessThanOrEqual(records / 100);
      const rows = told.rows.filter((row) => row.table === table);
      const layers = count(rows.map(({ layer }) => layer));
      expect([layers['raw'] ?? 0, layers['trusted'] ?? 0], table).toEqual([unreadable, quarantined]);
    }
  });

  test('tells the line of each bad row, and what is wrong with it', async () => {
    const { files, told } = await faults(0);
    for (const { key, line, kind, column } of told.rows) {
      const lines = String(files.find((file) => file.key === key)?.bytes).split('\n');
      const names = lines[0]?.split(',') ?? [];
      const fields = lines[line - 1]?.match(/("[^"]*"|[^,]*)(,|$)/g)?.slice(0, -1) ?? [];
      const value = fields[names.indexOf(column ?? '')]?.replace(/,$/, '');
      const wrong = { 'not a number': '"1,5"', 'out of range': '3000000000', 'empty key': '', 'out of the list': '7' };
      if (kind === 'too few fields') expect(fields.length).toBe(names.length - 1);
      else if (kind === 'too many fields') expect(fields.length).toBe(names.length + 1);
      else expect(value, `${key} ${line}`).toBe(wrong[kind]);
    }
  });

  test('sends again as many rows of its own as it tells, some of them with other values', async () => {
    const { files, told } = await faults(3);
    const sent = await readFiles(delivery(3));
    const accepted = told.files.filter(({ outcome, kind }) => outcome === 'accepted' && kind !== 'bad rows');
    for (const [table, { superseded, conflicting }] of Object.entries(told.tables)) {
      if (!accepted.some((file) => file.table === table)) continue;
      const known = new Map(rowsOf(sent, table).map((row) => [keyOf(table, row), row]));
      const more = files.filter(({ key }) => accepted.some((file) => file.key === key && file.table === table));
      const rows = more.flatMap(({ bytes }) => {
        const [names = [], ...lines] = String(bytes)
          .trimEnd()
          .split('\n')
          .map((line) => line.split(','));
        return lines.map((line) => Object.fromEntries(names.map((name, i) => [name, line[i] ?? ''])));
      });
      expect(
        rows.every((row) => known.has(keyOf(table, row))),
        table,
      ).toBe(true);
      // Two equal and two changed ones stand in the file of bad rows, if the table has one.
      const [equal, changed] = told.rows.some((row) => row.table === table) ? [2, 2] : [0, 0];
      expect(rows.length + equal + changed, table).toBe(superseded);
      const differ = rows.filter((row) => {
        const own = known.get(keyOf(table, row)) ?? {};
        return Object.keys(own).some((name) => name !== '' && own[name] !== (row[name] ?? ''));
      });
      expect(differ.length + changed, table).toBe(conflicting);
    }
  });
});
