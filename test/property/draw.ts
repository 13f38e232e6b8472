import fc from 'fast-check';
import {
  type DrawnDelivery,
  type DrawnFile,
  type DrawnRecord,
  type DrawnSlot,
  FAULTS,
  type Form,
  type Sequence,
  STEPS,
  type Table,
  type Values,
} from './sequence.ts';

/** A cell: mostly one of the good texts, the simplest of them first, for a failing sequence is shrunk towards it. */
function cell(good: string[], bad: string[], badShare: number): fc.Arbitrary<string> {
  const fine = fc.constantFrom(...good);
  if (bad.length === 0) return fine;
  return fc.oneof(
    { weight: 1000 - badShare, arbitrary: fine },
    { weight: badShare, arbitrary: fc.constantFrom(...bad) },
  );
}

const AMOUNTS = [
  '100',
  '',
  '100.125',
  '100.0',
  '1e2',
  '33.3335',
  '-3.0005',
  '4e-05',
  '999999999999999.999',
  ' 7.5 ',
  '1e-30',
  '.5',
  '12.',
];
/** What a reader of CSV may trip over: quotes, line breaks of three kinds, backslashes, blanks, words for null, far characters. */
const ODD_TEXTS = [
  ...[
    ' Cash loans',
    'a "b", c',
    '"',
    'Cash\nloans',
    'Cash\r\nloans',
    'Cash\rloans',
    'Crédito',
    '\u{1f600}',
    'a\u2028b',
  ],
  ...['a\\', 'a\\"b', "it's", 'NULL', '\\N', '#', '   '],
];
const BAD_AMOUNTS = ['1,5', 'NaN', 'Infinity', 'NA', '1e15', 'x', '-'];

/** Few keys, so that they meet again; each value in several spellings. Bad shares are thousandths of the cells. */
const ROWS: Record<Table, fc.Arbitrary<Values>> = {
  application_train: fc.record({
    SK_ID_CURR: cell(['1', '2', '3', '4', '5', '1.0', ' 2 ', '+3'], ['', '1.5', 'x', '9223372036854775808'], 20),
    TARGET: cell(['0', '1', '', '1.0', ' 0'], ['2', 'NaN', '0.5'], 20),
    NAME_CONTRACT_TYPE: cell(['Cash loans', 'Revolving loans', '', ...ODD_TEXTS], [], 0),
    AMT_CREDIT: cell(AMOUNTS, BAD_AMOUNTS, 20),
    DAYS_EMPLOYED: cell(['-10', '', '365243', '-10.0', '365243.0'], ['3000000000', '-1.50', '1e2'], 20),
    EXT_SOURCE_1: cell(
      ['0.5', '', '4e-05', '9.53E-05', '0.12345678901234567', ' .5', '0', '-0.0', '1e-400'],
      ['NaN', '-Infinity', '1d', '0x1p3', '1e999'],
      20,
    ),
  }),
  bureau_balance: fc.record({
    SK_ID_BUREAU: cell(['1', '2', '3', '3.0'], [''], 8),
    MONTHS_BALANCE: cell(['0', '-1', '-2', '-1.0', '-0', '\t-2 '], ['-1,0', 'NA'], 8),
    STATUS: cell(['0', 'C', '4', '5', '1', 'X', '', ' C'], [], 0),
  }),
  installments_payments: fc.record({
    SK_ID_PREV: cell(['1', '2'], ['', 'x'], 30),
    SK_ID_CURR: cell(['1', '2', ''], [], 0),
    NUM_INSTALMENT_VERSION: cell(['1', '1.0', '0'], ['', '1.00'], 30),
    NUM_INSTALMENT_NUMBER: cell(['1', '2'], ['-2147483649'], 30),
    DAYS_INSTALMENT: cell(['-20', '-20.0', ''], ['?'], 30),
    DAYS_ENTRY_PAYMENT: cell(['', '-21', '-21.0', '-5'], ['-5.5'], 30),
    AMT_INSTALMENT: cell(AMOUNTS, BAD_AMOUNTS, 20),
    AMT_PAYMENT: cell(AMOUNTS, BAD_AMOUNTS, 20),
  }),
};

/** Rows that cannot be read, in thousandths of the rows; of bureau_balance few, for each holds its slot. */
const UNREADABLE: Record<Table, number> = { application_train: 40, bureau_balance: 10, installments_payments: 40 };

function record(table: Table): fc.Arbitrary<DrawnRecord> {
  const row = ROWS[table].map((values) => ({ kind: 'row' as const, values }));
  const fields = fc.record({
    kind: fc.constant('fields' as const),
    values: ROWS[table],
    by: fc.constantFrom(1 as const, -1 as const),
  });
  const blank = fc.constantFrom('', '  ', '\t').map((text) => ({ kind: 'blank' as const, text }));
  return fc.oneof(
    { weight: 940 - UNREADABLE[table], arbitrary: row },
    { weight: UNREADABLE[table], arbitrary: fields },
    { weight: 60, arbitrary: blank },
  );
}

const rarely = (weight: number) =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(false) }, { weight, arbitrary: fc.constant(true) });

/** Columns that the source does not know: without a name, in two cases, with the name of one of raw's own, with signs that SQL minds. */
const EXTRA_COLUMNS = [
  'NOVIDADE',
  '',
  'novidade',
  '_arquivo',
  '_Ordem',
  'a.b',
  'com espaço',
  'x,"y"',
  '`crase`',
  'a=(b);{c}',
];

const form: fc.Arbitrary<Form> = fc.record({
  rotate: fc.nat(5),
  reverse: fc.boolean(),
  header: fc.constantFrom('exact', 'exact', 'exact', 'lower', 'spaced'),
  extra: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constantFrom(...EXTRA_COLUMNS.map((name) => ({ name, first: name === '' }))) },
  ),
  withoutOptional: rarely(2),
  quoteAll: rarely(2),
  bom: rarely(3),
  crlf: rarely(4),
  gzip: rarely(3),
  lastLineEnds: fc.boolean().map((not) => !not),
});

const file: fc.Arbitrary<DrawnFile> = fc
  .constantFrom<Table>('application_train', 'bureau_balance', 'application_train', 'installments_payments')
  .chain((table) =>
    fc.record({
      table: fc.constant(table),
      form,
      records: fc.array(record(table), { maxLength: 8, size: 'max' }),
      fault: fc.oneof(
        { weight: 8, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom(...FAULTS) },
      ),
    }),
  );

const delivery: fc.Arbitrary<DrawnDelivery> = fc.record({
  content: fc.oneof({ weight: 4, arbitrary: file }, { weight: 1, arbitrary: fc.record({ again: fc.nat(7) }) }),
  name: fc.nat(8),
  minutes: fc.nat(3),
  late: rarely(1),
});

const slot: fc.Arbitrary<DrawnSlot> = fc.record({
  hoursLater: fc.constantFrom(12, 24, 17, 720, 745),
  deliveries: fc.noBias(fc.array(delivery, { maxLength: 4, size: 'max' })),
  repeated: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('detect' as const, ...STEPS) },
  ),
  cancelled: rarely(1),
});

/** Up to four slots of up to four files each. */
export const sequences: fc.Arbitrary<Sequence> = fc.record({
  waiting: fc.constantFrom<Table | null>(null, null, 'installments_payments'),
  // Without fast-check's liking for short ones: what a slot does to the one before is the point.
  slots: fc.noBias(fc.array(slot, { minLength: 1, maxLength: 4, size: 'max' })),
});
