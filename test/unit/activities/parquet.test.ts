import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { parquetFile } from '../../../activities/parquet.ts';

const COLUMNS = [
  { name: 'texto', type: 'string' },
  { name: 'pequeno', type: 'int' },
  { name: 'grande', type: 'bigint' },
  { name: 'medida', type: 'double' },
  { name: 'valor', type: 'decimal(18,3)' },
  { name: 'certo', type: 'boolean' },
  { name: 'dia', type: 'date' },
  { name: 'quando', type: 'timestamp' },
];

const read = (body: Uint8Array) =>
  parquetReadObjects({ file: { byteLength: body.byteLength, slice: (from, to) => body.slice(from, to).buffer } });

describe('a Parquet file of the control tables', () => {
  test('holds each type to the last digit, also beyond what a double holds, and every kind of null', async () => {
    const at = new Date('2026-01-05T09:00:00.123Z');
    const row = {
      ...{ texto: 'São Paulo', pequeno: -7, grande: '8314159265358979323', medida: 0.1 },
      ...{ valor: '-123456789012.345', certo: false, dia: '2026-01-05', quando: at },
    };
    const nothing = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]));

    const rows = await read(parquetFile(COLUMNS, [row, nothing]));

    expect(rows).toEqual([
      { ...row, grande: 8314159265358979323n, valor: -123456789012.345, dia: new Date('2026-01-05T00:00:00Z') },
      nothing,
    ]);
  });

  test('rounds a decimal with more digits than its column half away from zero', async () => {
    const rows = await read(
      parquetFile(
        [{ name: 'valor', type: 'decimal(12,2)' }],
        ['1.005', '-1.005', '3', '0.994'].map((valor) => ({ valor })),
      ),
    );
    expect(rows.map(({ valor }) => valor)).toEqual([1.01, -1.01, 3, 0.99]);
  });

  test('without rows is a file all the same, with its columns', async () => {
    expect(await read(parquetFile(COLUMNS, []))).toEqual([]);
  });

  test('of the same rows is the same file, byte for byte', () => {
    const file = () => parquetFile([{ name: 'texto', type: 'string' }], [{ texto: 'a' }, { texto: null }]);
    expect(file()).toEqual(file());
  });

  test('takes no row that lacks a column: it would look like a value that is not known', () => {
    expect(() => parquetFile(COLUMNS.slice(0, 2), [{ texto: 'a' }])).toThrow(/lacks the column pequeno/);
  });

  test('says which type it does not write', () => {
    expect(() => parquetFile([{ name: 'm', type: 'map<string,int>' }], [])).toThrow(/map<string,int>/);
  });
});
