import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalJson, compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { replacing, smallCatalogue } from './small-catalogue.ts';

const compiled = (change?: (files: Record<string, string>) => void) =>
  compileCatalogue(loadCatalogue(smallCatalogue(change)));

describe('compiling the catalogue', () => {
  test('the same files give the same hash, wherever they lie and whatever their line ends', () => {
    const withCrlf = (files: Record<string, string>) => {
      for (const [name, text] of Object.entries(files)) files[name] = text.replaceAll('\n', '\r\n');
    };
    expect(compiled().hash).toBe(compiled().hash);
    expect(compiled(withCrlf).hash).toBe(compiled().hash);
  });

  test('any change of meaning gives another hash', () => {
    const threshold = compiled(replacing('trusted/loan.yaml', '0.01', '0.02'));
    const sql = compiled(replacing('refined/total.sql', 'sum(amount)', 'sum(amount) + 0'));
    expect(new Set([compiled().hash, threshold.hash, sql.hash]).size).toBe(3);
  });

  test('anyone can check the hash: SHA-256 of the rest as JSON without blanks, keys in order', () => {
    const { hash, ...rest } = compiled();
    expect(createHash('sha256').update(canonicalJson(rest)).digest('hex')).toBe(hash);
    expect(canonicalJson({ b: [2, { d: null, c: 'é' }], a: 0.01 })).toBe('{"a":0.01,"b":[2,{"c":"é","d":null}]}');
  });

  test('a source like another has its columns, and its own required ones beside the key', () => {
    const columns = compiled().sources['Payment']?.columns.map(({ name, required }) => [name, required]);
    expect(columns).toEqual([
      ['ID', true],
      ['AMOUNT', false],
    ]);
  });

  test('a trusted table takes its columns from its source, in lower case and with the text in Portuguese', () => {
    expect(compiled().trusted['payment']).toEqual({
      name: 'payment',
      source: 'Payment',
      description: 'Pagamentos',
      key: ['id'],
      buckets: 8,
      badRowThreshold: 0.05,
      onHeldDelivery: 'wait',
      columns: [
        {
          name: 'id',
          source: 'ID',
          type: 'bigint',
          nullable: false,
          key: true,
          keyMayBeEmpty: false,
          sentinel: null,
          accepted: null,
          personal: 'identifier',
          description: 'Identifica o empréstimo',
        },
        {
          name: 'amount',
          source: 'AMOUNT',
          type: 'decimal(18,3)',
          nullable: true,
          key: false,
          keyMayBeEmpty: false,
          sentinel: null,
          accepted: null,
          personal: 'personal',
          description: 'Valor do empréstimo',
        },
      ],
      checks: expect.any(Array),
    });
  });

  test('an indicator carries its SQL as written and the tables that it reads', () => {
    const { inputs, lookback, sql } = compiled().refined['total'] ?? {};
    expect(inputs).toEqual(['loan']);
    expect(lookback).toEqual([]);
    expect(sql).toMatch(/^with soma as \([\s\S]*from soma\n$/);
  });

  test('an indicator that looks back carries the refined tables of which it reads what earlier slots published', () => {
    const { lookback } = compiled(replacing('refined/total.sql', 'from soma\n', LOOKING_BACK)).refined['total'] ?? {};
    expect(lookback).toEqual(['total']);
  });

  test('beside the declared checks stand those that follow from key and columns', () => {
    const names = (change?: (files: Record<string, string>) => void) =>
      compiled(change).refined['total']?.checks.map(({ name, severity }) => `${name}: ${severity}`);
    expect(names()).toEqual(['one_row: error', 'not_null: error', 'not_negative: error']);
    expect(names(replacing('refined/total.yaml', 'nullable: false', 'nullable: true'))).toEqual([
      'one_row: error',
      'not_negative: error',
    ]);
    expect(names(replacing('refined/total.yaml', 'key: []', 'key: [valor_total]'))?.[0]).toBe('unique_key: error');
    expect(names(replacing('refined/total.yaml', 'min: 0', 'min: 0\n    severity: warn'))?.[2]).toBe(
      'not_negative: warn',
    );
  });

  test('a trusted table has the checks of its key, parent and past without writing them, and only the key holds a delivery', () => {
    const { loan, payment } = compiled().trusted;
    expect(payment?.checks.map(({ description: _, ...check }) => check)).toEqual([
      { name: 'unique_key', check: 'unique_key', columns: ['id'], severity: 'error' },
      { name: 'not_null', check: 'not_null', columns: ['id'], severity: 'error' },
      {
        ...{ name: 'foreign_key', check: 'foreign_key', columns: ['id'], parents: ['loan'] },
        ...{ tolerated: 1, severity: 'warn' },
      },
      {
        ...{ name: 'delivered_rows', check: 'delivered_rows', factor: 10, slots: 3, rows: 1000 },
        severity: 'warn',
      },
      { name: 'null_share', check: 'null_share', rise: 0.1, slots: 3, rows: 1000, severity: 'warn' },
      { name: 'freshness', check: 'freshness', days: 7, severity: 'warn' },
    ]);
    expect(loan?.checks.map(({ name }) => name)).not.toContain('foreign_key');
  });

  test('a part of the key that may be empty is part of what is unique, and is not asked to be filled', () => {
    const keyed = 'key: true\n    may_be_empty: true\n    personal: personal';
    const change = replacing('sources/loan.yaml', 'required: true\n    personal: personal', keyed);
    const { checks } = compiled(change).trusted['loan'] ?? {};
    expect(checks?.slice(0, 2)).toMatchObject([
      { check: 'unique_key', columns: ['id', 'amount'] },
      { check: 'not_null', columns: ['id'] },
    ]);
  });

  test('a trusted table may set the limits and the severity of those checks', () => {
    const settings = `foreign_key: { tolerated: 0.2, severity: error }
history:
  slots: 5
  rows: 50
  delivered_rows: { factor: 4 }
  null_share: { rise: 0.02, severity: error }
freshness: { days: 2 }
bad_row_threshold`;
    const { checks } =
      compiled(replacing('trusted/payment.yaml', 'bad_row_threshold', settings)).trusted['payment'] ?? {};
    expect(checks?.slice(2)).toMatchObject([
      { check: 'foreign_key', tolerated: 0.2, severity: 'error' },
      { check: 'delivered_rows', factor: 4, slots: 5, rows: 50, severity: 'warn' },
      { check: 'null_share', rise: 0.02, slots: 5, rows: 50, severity: 'error' },
      { check: 'freshness', days: 2, severity: 'warn' },
    ]);
  });
});

const LOOKING_BACK =
  'from soma where exists (select 1 from refined.total where ts_referencia < cast(:ts_referencia as timestamp_ntz))\n';
