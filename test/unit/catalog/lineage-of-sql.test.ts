import { describe, expect, test } from 'vitest';
import { traceSql } from '../../../catalog/lineage/compute.ts';

const TABLES = {
  'trusted.loan': { columns: ['id', 'amount', 'note'], key: ['id'] },
  'trusted.payment': { columns: ['id', 'amount'], key: ['id'] },
  'refined.total': { columns: ['valor_total', 'ts_referencia', 'data_referencia'], key: ['ts_referencia'] },
};

// In what is expected `loan.note` stands for `trusted.loan.note`.
type Expected = Record<string, Record<string, string>>;

const TRACED: [sentence: string, sql: string, expected: Expected][] = [
  [
    'a column under another name is the same value',
    'select amount as valor from trusted.loan',
    { valor: { 'loan.amount': 'value' } },
  ],
  [
    'all columns of an expression give its value, casts and functions included',
    'select cast(round(amount * 2 + id) as int) as soma from trusted.loan',
    { soma: { 'loan.amount': 'value', 'loan.id': 'value' } },
  ],
  [
    'an aggregate comes from what it aggregates, and depends on what it is grouped by',
    'select note, sum(amount) as total from trusted.loan group by note',
    { note: { 'loan.note': 'value group' }, total: { 'loan.amount': 'value', 'loan.note': 'group' } },
  ],
  [
    'a column that only filters is told as a filter, of every column',
    "select id, amount from trusted.loan where note = 'x'",
    {
      id: { 'loan.id': 'value', 'loan.note': 'filter' },
      amount: { 'loan.amount': 'value', 'loan.note': 'filter' },
    },
  ],
  [
    'the keys of a join decide on rows',
    'select note from trusted.loan join trusted.payment on loan.id = payment.id',
    { note: { 'loan.note': 'value', 'loan.id': 'join', 'payment.id': 'join' } },
  ],
  [
    'a left join on the key of the right side decides only on what the right side gives',
    'select note, payment.amount as pago from trusted.loan left join trusted.payment using (id)',
    {
      note: { 'loan.note': 'value' },
      pago: { 'payment.amount': 'value', 'loan.id': 'join', 'payment.id': 'join' },
    },
  ],
  [
    'a left join on anything else may repeat rows, so that it decides on all columns',
    'select note from trusted.loan left join trusted.payment on payment.amount = loan.amount',
    { note: { 'loan.note': 'value', 'loan.amount': 'join', 'payment.amount': 'join' } },
  ],
  [
    'a full join gives the key of whichever side has the row',
    'select id from trusted.loan full join trusted.payment using (id)',
    { id: { 'loan.id': 'value join', 'payment.id': 'value join' } },
  ],
  [
    'a window is grouped by its partition and ordered by its order',
    'select sum(amount) over (partition by note order by id) as acumulado from trusted.loan',
    { acumulado: { 'loan.amount': 'value', 'loan.note': 'group', 'loan.id': 'order' } },
  ],
  [
    'a union takes its columns by place, whatever they are called on the other side',
    'select amount as valor from trusted.loan union all select id from trusted.payment',
    { valor: { 'loan.amount': 'value', 'payment.id': 'value' } },
  ],
  [
    'a union without repeated rows groups by all that it has',
    'select amount from trusted.loan union select amount from trusted.payment',
    { amount: { 'loan.amount': 'value group', 'payment.amount': 'value group' } },
  ],
  [
    'a star stands for the columns of the step before, and through it for those of the table',
    `with a as (select amount as valor, note from trusted.loan),
    b as (select *, valor * 2 as dobro from a)
    select * from b`,
    { valor: { 'loan.amount': 'value' }, note: { 'loan.note': 'value' }, dobro: { 'loan.amount': 'value' } },
  ],
  [
    'count(*) counts rows of the table; count of a column comes from it',
    'select count(*) as linhas, count(note) as notas from trusted.loan',
    { linhas: { loan: 'rows' }, notas: { 'loan.note': 'value' } },
  ],
  [
    'without GROUP BY there is always one row: a constant beside an aggregate depends on nothing',
    "select 'Todos' as nome, sum(amount) as total from trusted.loan where note = 'x'",
    { nome: {}, total: { 'loan.amount': 'value', 'loan.note': 'filter' } },
  ],
  [
    'the condition of a CASE or of count_if belongs to the value, that of FILTER to the rows',
    `select max(case when note = 'x' then amount end) as maior, count_if(note = 'x') as quantos,
      sum(amount) filter (where note = 'x') as total
    from trusted.loan`,
    {
      maior: { 'loan.amount': 'value', 'loan.note': 'value' },
      quantos: { 'loan.note': 'value' },
      total: { 'loan.amount': 'value', 'loan.note': 'filter' },
    },
  ],
  [
    'a value by which a later step only filters is a filter of what that step gives',
    'with a as (select note, amount * id as valor from trusted.loan) select note from a where valor > 0',
    { note: { 'loan.note': 'value', 'loan.amount': 'filter', 'loan.id': 'filter' } },
  ],
  [
    'what one step filters by decides on the steps after it',
    "with a as (select amount from trusted.loan where note = 'x') select amount as valor from a",
    { valor: { 'loan.amount': 'value', 'loan.note': 'filter' } },
  ],
  [
    'a subquery of EXISTS filters by its own columns and by those of the row outside',
    'select note from trusted.loan where not exists (select 1 from trusted.payment where payment.id = loan.id)',
    { note: { 'loan.note': 'value', 'loan.id': 'filter', 'payment.id': 'filter' } },
  ],
  [
    'a subquery that gives one value gives it to the expression around it',
    'select amount / (select max(amount) from trusted.payment) as parte from trusted.loan',
    { parte: { 'loan.amount': 'value', 'payment.amount': 'value' } },
  ],
  [
    'a semi join filters',
    'select note from trusted.loan left semi join trusted.payment on loan.id = payment.id',
    { note: { 'loan.note': 'value', 'loan.id': 'filter', 'payment.id': 'filter' } },
  ],
  [
    'max_by looks at rows in the order of its second column',
    'select max_by(amount, id) as ultimo from trusted.loan',
    { ultimo: { 'loan.amount': 'value', 'loan.id': 'order' } },
  ],
  [
    'the value of a percentile stands in its order',
    'select percentile_cont(0.5) within group (order by amount) as mediana from trusted.loan',
    { mediana: { 'loan.amount': 'value' } },
  ],
  [
    'an order decides on rows only where a limit cuts them',
    'with a as (select amount from trusted.loan order by id), b as (select amount as b from a order by b limit 1) select amount, b from a, b',
    { amount: { 'loan.amount': 'value order' }, b: { 'loan.amount': 'value order' } },
  ],
  [
    'grouping sets group by each of their columns, and grouping() tells nothing of their values',
    "select if(grouping(note) = 0, 'nota', 'número') as dimensao from trusted.loan group by grouping sets ((note), (id))",
    { dimensao: { 'loan.note': 'group', 'loan.id': 'group' } },
  ],
  [
    'fields of a struct and elements of an array come from the columns that they are made of',
    `with a as (select struct(id, note) as s, split(note, ',') as partes from trusted.loan)
    select s.id as numero, parte from a lateral view explode(partes) p as parte`,
    { numero: { 'loan.id': 'value', 'loan.note': 'value' }, parte: { 'loan.note': 'value' } },
  ],
  [
    'rows written in the SQL come from nothing',
    "select nome, ordem from (values ('a', 1), ('b', 2)) as lista (nome, ordem)",
    { nome: {}, ordem: {} },
  ],
  [
    'what earlier slots published is an origin of its own, and so is the instant of the slot',
    'select valor_total from refined.total where ts_referencia < cast(:ts_referencia as timestamp_ntz)',
    {
      valor_total: {
        'refined.total.valor_total': 'value',
        'refined.total.ts_referencia': 'filter',
        slot: 'filter',
      },
    },
  ],
];

const REFUSED: [sentence: string, sql: string, problem: RegExp][] = [
  [
    'a column that no source has is refused, with the nearest names',
    'select amout from trusted.loan',
    /no column amout in loan: did you mean amount\?/,
  ],
  [
    'a table that is none is refused, with the nearest names',
    'select 1 from trusted.lon',
    /trusted\.lon is no table: did you mean trusted\.loan /,
  ],
  [
    'a column that two sources have is refused: which one is meant?',
    'select amount from trusted.loan join trusted.payment on loan.id = payment.id',
    /amount is a column of loan and of payment: write which one is meant/,
  ],
  [
    'a union of unequal width is refused',
    'select id, amount from trusted.loan union all select id from trusted.payment',
    /2 columns on one side, 1 on the other/,
  ],
  ['what is not SQL is refused', 'select from where', /^not SQL that can be parsed: /],
];

const sqlBySentence = Object.fromEntries([...TRACED, ...REFUSED].map(([sentence, sql]) => [sentence, sql]));
// One start of Python for all of them.
const found = traceSql(process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? 'python3', TABLES, sqlBySentence);

describe('the lineage of an SQL', () => {
  test.each(TRACED)('%s', (sentence, _sql, expected) => {
    expect(found.problems[sentence]).toBeUndefined();
    const columns = Object.entries(found.columns[sentence] ?? {}).map(([column, origins]) => [
      column,
      Object.fromEntries(
        Object.entries(origins).map(([place, roles]) => [place.replace('trusted.', ''), roles.join(' ')]),
      ),
    ]);
    expect(Object.fromEntries(columns)).toEqual(expected);
  });

  test.each(REFUSED)('%s', (sentence, _sql, problem) => {
    expect(found.problems[sentence]).toMatch(problem);
    expect(found.columns[sentence]).toBeUndefined();
  });
});
