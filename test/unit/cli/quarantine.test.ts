import { describe, expect, test } from 'vitest';
import { type QuarantinedRow, settle } from '../../../cli/quarantine.ts';

const row = (record: number, more: Partial<QuarantinedRow> = {}): QuarantinedRow => ({
  ...{ table: 'bureau', slot: '20260105T090000Z', layer: 'trusted', file: 12, name: 'bureau.csv', line: record + 1 },
  ...{ record, key: `sk_id_bureau=${record}`, reasons: 'AMT_CREDIT_SUM: tipo' },
  ...more,
});
const note = { file: 12, line: 3, note: 'a test client', by: 'ana', at: new Date('2026-01-06T10:00:00Z') };
const [PUBLISHED, LATER, HELD] = ['20260106T090000Z', '20260107T090000Z', '20260105T210000Z'];
const published = new Set([PUBLISHED, LATER]);
const settled = (...given: Parameters<typeof settle>) => settle(...given).map((one) => one.settled);

describe('a row in quarantine', () => {
  test('is open until a later good row of a published slot or a note settles it', () => {
    expect(settled([row(1), row(2)], [['12', '1', PUBLISHED]], published, [note])).toEqual([
      { by: 'later row', slot: PUBLISHED },
      { by: 'note', who: 'ana', at: '2026-01-06T10:00:00.000Z', note: 'a test client' },
    ]);
    expect(settled([row(1)], [], published, [note])).toEqual([null]);
  });

  test('is not settled by a slot that is held, and is told the first of several that are published', () => {
    const later = [LATER, HELD, PUBLISHED].map((slot) => ['12', '1', slot]);
    expect(settled([row(1)], later, published, [])).toEqual([{ by: 'later row', slot: PUBLISHED }]);
    expect(settled([row(1)], [['12', '1', HELD]], published, [])).toEqual([null]);
  });

  test('of another file, or of an older run that noted no place, is not settled by what settles its neighbour', () => {
    const rows = [row(1, { file: 13 }), row(1, { file: null, line: null, record: null })];
    expect(settled(rows, [['12', '1', PUBLISHED]], published, [{ ...note, line: 2 }])).toEqual([null, null]);
  });
});
