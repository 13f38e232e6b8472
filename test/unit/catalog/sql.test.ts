import { describe, expect, test } from 'vitest';
import { foreignReads, knowsItsSlot, publishedRead, resultColumns, tablesRead, wordsOf } from '../../../catalog/sql.ts';

describe('reading the SQL of an indicator', () => {
  test('finds each trusted table once, with the line of its first mention', () => {
    const sql =
      'with a as (select 1 from trusted.bureau),\nb as (\n  select 1 from TRUSTED.`a2` join trusted.bureau)\nselect 1';
    expect(tablesRead(sql)).toEqual([
      { table: 'a2', line: 3 },
      { table: 'bureau', line: 1 },
    ]);
  });

  test('finds the refined tables on which it looks back, and whether it knows its slot', () => {
    const sql = `select 1 from trusted.a -- refined.x :ts_referencia
      cross join refined.taxa`;
    expect(publishedRead(sql)).toEqual([{ table: 'taxa', line: 2 }]);
    expect(knowsItsSlot(sql)).toBe(false);
    expect(knowsItsSlot(`${sql} where ts < cast(:ts_referencia as timestamp_ntz)`)).toBe(true);
  });

  test('takes no notice of comments and texts', () => {
    const sql = `-- from trusted.a\n/* join trusted.b */ select 'from trusted.c', 'it''s trusted.d' from trusted.e`;
    expect(tablesRead(sql).map(({ table }) => table)).toEqual(['e']);
    expect(wordsOf(sql)).toEqual(new Set(['select', 'from', 'trusted', 'e']));
  });

  test('reports what is read past trusted and refined, and neither steps, nor subqueries, nor `is distinct from`', () => {
    const sql = `with passo as (select 1 from trusted.a where x is distinct from y)
      select 1 from passo join (select 1 from refined.b) left join raw.c on true inner join outra on true`;
    expect(foreignReads(sql)).toEqual([
      { table: 'raw.c', line: 2 },
      { table: 'outra', line: 2 },
    ]);
  });

  test('gives the columns of the last select with the types of their casts', () => {
    const sql = `with a as (select x as y from trusted.t)
select
  cast(y as string) as nome,
  cast(round(if(a = 1, b, c), 6) as decimal(9, 6)) as taxa,
  cast(a as int) + cast(b as int) as soma, -- not one cast
  y
from a`;
    expect(resultColumns(sql)).toEqual([
      { name: 'nome', type: 'string', line: 3 },
      { name: 'taxa', type: 'decimal(9,6)', line: 4 },
      { name: 'soma', type: null, line: 5 },
      { name: 'y', type: null, line: 6 },
    ]);
  });
});
