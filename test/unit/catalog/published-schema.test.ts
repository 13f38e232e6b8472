import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { CatalogueError } from '../../../catalog/problems.ts';
import { grownSchema, isWider } from '../../../catalog/published-schema.ts';
import { replacing, smallCatalogue } from './small-catalogue.ts';

const PUBLISHED = {
  trusted: {
    loan: { key: ['id'], columns: { id: 'bigint', amount: 'decimal(18,3)', note: 'string' } },
    payment: { key: ['id'], columns: { id: 'bigint', amount: 'decimal(18,3)' } },
  },
  refined: { total: { key: [], columns: { valor_total: 'decimal(38,3)' } } },
};

type Change = (files: Record<string, string>) => void;

/** The small catalogue, changed, in a lake where all of it was published before (or this). */
const changed =
  (change: Change, published: object = PUBLISHED): Change =>
  (files) => {
    files['published-schema.json'] = JSON.stringify(published);
    change(files);
  };

function problemsOf(change: Change): string[] {
  try {
    loadCatalogue(smallCatalogue(change));
    return [];
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    return error.problems.map(({ file, line, message }) => `${file}:${line}: ${message}`);
  }
}

const NEW_COLUMN = `  - name: CHANNEL
    type: string
    personal: none
    description: { pt: Canal de venda, en: Channel of sale }
`;
const addColumn: Change = (files) => {
  files['sources/loan.yaml'] += NEW_COLUMN;
};

describe('a catalogue over published tables', () => {
  test('may stay as it is, and may gain a column, which the record then has', () => {
    expect(problemsOf(changed(() => undefined))).toEqual([]);
    const loaded = loadCatalogue(smallCatalogue(changed(addColumn)));
    const { trusted } = grownSchema(loaded.published, compileCatalogue(loaded));
    expect(trusted['loan']?.columns).toEqual({ ...PUBLISHED.trusted.loan.columns, channel: 'string' });
  });

  test('may widen a type, which the record then has', () => {
    const columns = { ...PUBLISHED.trusted.loan.columns, id: 'int' };
    const narrow = { ...PUBLISHED, trusted: { loan: { key: ['id'], columns } } };
    const loaded = loadCatalogue(smallCatalogue(changed(() => undefined, narrow)));
    expect(grownSchema(loaded.published, compileCatalogue(loaded)).trusted['loan']?.columns['id']).toBe('bigint');
  });

  test('may give up a table, of which the record keeps what still lies in the lake', () => {
    const loaded = loadCatalogue(
      smallCatalogue(
        changed((files) => {
          for (const name of ['sources/Payment.yaml', 'trusted/payment.yaml']) delete files[name];
        }),
      ),
    );
    expect(grownSchema(loaded.published, compileCatalogue(loaded))).toEqual(PUBLISHED);
  });

  const without = (files: Record<string, string>) => {
    const text = files['sources/loan.yaml'] ?? '';
    files['sources/loan.yaml'] = text.slice(0, text.indexOf('  - name: NOTE'));
    replacing('sources/Payment.yaml', 'without: [NOTE]\n', '')(files);
  };
  test.each<[what: string, change: Change, problem: string]>([
    [
      'a column that is gone, where its place was',
      without,
      'catalog/sources/loan.yaml:5: column note of trusted.loan is published, and one is never removed: ',
    ],
    [
      'a column under another name, which is named',
      (files) => {
        without(files);
        addColumn(files);
        replacing('sources/Payment.yaml', 'like: loan\n', 'like: loan\nwithout: [CHANNEL]\n')(files);
      },
      'catalog/sources/loan.yaml:5: column note of trusted.loan is published, and one is never renamed (to channel, it seems): ',
    ],
    [
      'a column that a source like another leaves out, where it says so',
      replacing('sources/Payment.yaml', '[NOTE]', '[NOTE, AMOUNT]'),
      'catalog/sources/Payment.yaml:8: column amount of trusted.payment is published, and one is never removed: ',
    ],
    [
      'a narrower type',
      replacing('sources/loan.yaml', 'type: bigint', 'type: int'),
      'catalog/sources/loan.yaml:6: column id of trusted.loan is published as bigint, and a type may only widen ',
    ],
    [
      'a type of another kind',
      replacing('sources/loan.yaml', 'type: string', 'type: double'),
      'catalog/sources/loan.yaml:16: column note of trusted.loan is published as string, and a type may only widen ',
    ],
    [
      'another key',
      replacing(
        'sources/loan.yaml',
        '    type: decimal(18,3)\n    required: true',
        '    type: decimal(18,3)\n    key: true',
      ),
      'catalog/sources/loan.yaml:5: the key of trusted.loan is published as id, now it is id, amount: ',
    ],
    [
      "an indicator's column of fewer digits",
      (files) => {
        replacing('refined/total.yaml', 'decimal(38,3)', 'decimal(18,2)')(files);
        replacing('refined/total.sql', 'decimal(38, 3)', 'decimal(18, 2)')(files);
      },
      'catalog/refined/total.yaml:10: column valor_total of refined.total is published as decimal(38,3), and a type may only widen ',
    ],
  ])('is refused with file, line and reason: %s', (_what, change, problem) => {
    const problems = problemsOf(changed(change));
    expect(
      problems.filter((each) => each.startsWith(problem)),
      problems.join('\n'),
    ).toHaveLength(1);
    // Were it not published, nothing would be wrong with it.
    expect(problemsOf(change)).toEqual([]);
  });
});

test.each([
  ['int', 'bigint', true],
  ['float', 'double', true],
  ['decimal(9,2)', 'decimal(18,2)', true],
  ['bigint', 'int', false],
  ['int', 'double', false],
  ['decimal(18,2)', 'decimal(9,2)', false],
  ['decimal(9,2)', 'decimal(18,3)', false],
  ['decimal(9,2)', 'double', false],
  ['int', 'int', false],
])('from %s to %s is wider: %s', (before, after, wider) => {
  expect(isWider(after, before)).toBe(wider);
});
