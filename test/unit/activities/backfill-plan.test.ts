import { describe, expect, test } from 'vitest';
import { BadBackfill, parseRequest, scopeOf, slotsOf } from '../../../activities/backfill-plan.ts';
import type { CompiledCatalogue } from '../../../catalog/types.ts';

const [S1, S2, S3, S4] = ['20260105T090000Z', '20260105T210000Z', '20260106T090000Z', '20260106T210000Z'] as const;
const published = [S1, S2, S3].map((slot) => ({
  slot: new Date(slot.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')),
}));

/** Two tables; `rate` and `sum` are computed from them, `change` looks back on `rate`, `trend` on `change`. */
const catalogue = {
  trusted: { loans: { name: 'loans', source: 'LOANS' }, cards: { name: 'cards', source: 'CARDS' } },
  refined: {
    trend: { name: 'trend', inputs: [], lookback: ['change'] },
    rate: { name: 'rate', inputs: ['loans'], lookback: [] },
    sum: { name: 'sum', inputs: ['loans', 'cards'], lookback: [] },
    debt: { name: 'debt', inputs: ['cards'], lookback: [] },
    change: { name: 'change', inputs: [], lookback: ['rate'] },
  },
} as unknown as CompiledCatalogue;

const request = (asked: object) => parseRequest({ from: S1, reason: 'a test', ...asked });
const scope = (asked: object) => scopeOf(request(asked), catalogue, published);

describe('a request', () => {
  test('may name slots as they are written in keys or as instants, of any zone', () => {
    expect(request({ from: '2026-01-05T06:00:00-03:00' }).from).toBe(S1);
    expect(request({ from: '2026-01-05T09:00Z' }).from).toBe(S1);
  });

  test.each([
    [null, /asked for by an object/],
    [[1], /asked for by an object/],
    ['{"from": 1}', /asked for by an object/],
    [{ from: S1 }, /"reason" is missing/],
    [{ from: S1, reason: '  ' }, /"reason" is missing/],
    [{ reason: 'x' }, /"from" is missing/],
    [{ from: 'yesterday', reason: 'x' }, /"from" is "yesterday"/],
    [{ from: '20261399T090000Z', reason: 'x' }, /"from" is "20261399T090000Z"/],
    [{ from: 5, reason: 'x' }, /"from" is 5/],
    [{ from: S1, reason: 'x', layer: 'gold' }, /"layer" is "gold"; it can be raw, trusted, refined/],
    [{ from: S1, reason: 'x', to: S2 }, /"to" is for \{"layer": "refined"\} alone/],
    [{ from: S2, reason: 'x', to: S1, layer: 'refined' }, /"to" \(20260105T090000Z\) is before "from"/],
    [{ from: S1, reason: 'x', tables: 'loans' }, /"tables" is not a list/],
    [{ from: S1, reason: 'x', release: [] }, /"release" is not a list of numbers/],
    [{ from: S1, reason: 'x', release: [1.5] }, /"release" is not a list of numbers/],
    [{ from: S1, reason: 'x', dryRun: 'yes' }, /"dryRun" is neither/],
    [{ from: S1, reason: 'x', until: S2 }, /"until" is not known/],
    [{ unreadable: 'it is binary and no JSON' }, /cannot be read \(it is binary and no JSON\): ask by JSON/],
  ])('%j is refused by a sentence that says what is right', (given, sentence) => {
    expect(() => parseRequest(given)).toThrow(BadBackfill);
    expect(() => parseRequest(given)).toThrow(sentence);
  });

  test('from after the newest published slot, or of an unknown table, cannot be done', () => {
    expect(() => scope({ from: S4 })).toThrow(
      /Nothing was published from 20260106T210000Z on; the newest .* 20260106T090000Z/,
    );
    expect(() => scope({ tables: ['lones'] })).toThrow(
      /no table "lones"; there are cards, change, debt, loans, rate, sum, trend/,
    );
    expect(() => scopeOf(request({}), catalogue, [])).toThrow(/Nothing is published yet/);
  });
});

describe('what is played', () => {
  test('is everything unless tables are named', () => {
    const { trusted, refined, layer, to } = scope({});
    expect({ trusted, refined, layer, to }).toEqual({
      ...{ trusted: ['loans', 'cards'], refined: ['trend', 'rate', 'sum', 'debt', 'change'], layer: 'trusted', to: S3 },
    });
  });

  test('is a table with all that is computed from it, through indicators that look back on others', () => {
    expect(scope({ tables: ['LOANS'] })).toMatchObject({
      trusted: ['loans'],
      refined: ['trend', 'rate', 'sum', 'change'],
    });
    expect(scope({ tables: ['debt'] })).toMatchObject({ trusted: [], refined: ['debt'] });
    expect(scope({ tables: ['rate'], layer: 'refined' })).toMatchObject({
      trusted: [],
      refined: ['trend', 'rate', 'change'],
    });
    expect(scope({ tables: ['cards'], layer: 'refined' })).toMatchObject({ trusted: [], refined: ['sum', 'debt'] });
  });

  const known = [S1, S2, S3, S4].map((slot) => ({ slot, published: true }));
  const played = (asked: object) =>
    slotsOf(scope(asked), known).map(({ slot, trusted, refined }) => [slot, trusted, refined.join(' ')]);

  test('is trusted of every slot from the first on, also of one that was published since', () => {
    expect(played({ from: S2, tables: ['cards'] })).toEqual([
      ...[
        [S2, true, 'sum debt'],
        [S3, true, 'sum debt'],
        [S4, true, 'sum debt'],
      ],
    ]);
  });

  test('is of indicators alone the slots up to the last, and then those that look back on what changed', () => {
    expect(played({ from: S1, to: S2, layer: 'refined', tables: ['rate'] })).toEqual([
      [S1, false, 'trend rate change'],
      [S2, false, 'trend rate change'],
      [S3, false, 'trend change'],
      // Published after the plan: what main has of it is on no branch.
      [S4, false, 'trend rate change'],
    ]);
    expect(played({ from: S1, to: S2, layer: 'refined', tables: ['debt'] })).toEqual([
      ...[
        [S1, false, 'debt'],
        [S2, false, 'debt'],
        [S4, false, 'debt'],
      ],
    ]);
  });

  describe('where old slots are kept no longer', () => {
    const within = (asked: object, ...gone: string[]) =>
      scopeOf(request(asked), catalogue, published, [], new Set(gone));

    test('begins at the nearest older slot that is, with all of trusted and without indicators of slots nobody asked for', () => {
      const found = within({ from: S3, tables: ['cards'] }, S2);
      expect(found).toMatchObject({ from: S3, start: S2, trusted: ['loans', 'cards'], refined: ['sum', 'debt'] });
      expect(slotsOf(found, known).map(({ slot, refined }) => [slot, refined.join(' ')])).toEqual([
        ...[
          [S2, ''],
          [S3, 'sum debt'],
          [S4, 'sum debt'],
        ],
      ]);
      expect(within({ from: S3 }, S1, S2)).toMatchObject({ start: S1 });
      expect(within({ from: S3 }, S1)).toMatchObject({ start: S3 });
    });

    test('cannot be indicators alone', () => {
      expect(() => within({ from: S2, layer: 'refined' }, S2)).toThrow(/read as of slot 20260105T210000Z any more/);
      expect(within({ from: S2, layer: 'refined' }, S1)).toMatchObject({ start: S2, trusted: [] });
    });
  });

  test('is with released files their tables alone, and all indicators of a slot that is published by it', () => {
    const releasing = (from: string) => scopeOf(request({ from, release: [7] }), catalogue, published, ['CARDS']);
    expect(releasing(S2)).toMatchObject({ layer: 'raw', trusted: ['cards'], refined: ['sum', 'debt'] });
    expect(releasing(S4)).toMatchObject({ layer: 'raw', trusted: ['cards'], newest: S4, to: S4 });
    expect(releasing(S4).refined).toHaveLength(5);
  });
});
