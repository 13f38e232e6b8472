import { describe, expect, test } from 'vitest';
import { readCondition } from '../../../catalog/expression.ts';

describe('the condition of a check', () => {
  test.each<[text: string, columns: string[]]>([
    ['a = b + c * 2 - 1.5', ['a', 'b', 'c']],
    ["tipo <> 'Todos' and TIPO <> 'it''s'", ['tipo']],
    ['not (a is null or b is not null)', ['a', 'b']],
    ['a is distinct from b or a is not distinct from -c', ['a', 'b', 'c']],
    ["tipo in ('a', 'b') or n not in (1, 2) and n not between 1 and 9", ['tipo', 'n']],
    ['(a + b) * 2 >= abs(coalesce(c, 0)) and true', ['a', 'b', 'c']],
    ['a >= greatest(b, c)', ['a', 'b', 'c']],
  ])('reads %s', (text, columns) => {
    expect(readCondition(text)).toEqual({ columns });
  });

  test.each<[text: string, fault: string]>([
    ['a', 'a value stands where a condition should'],
    ['a and b > 1', 'a value stands where a condition should'],
    ['(a > 1) + 2 = 3', 'a condition stands where a value should'],
    ['a = b = c', '= is not expected there'],
    ['a > 1 b', 'b is not expected there'],
    ['(a > 1', ') is missing before its end'],
    ['a >', 'it ends too early'],
    ['a not null', 'in or between must follow not'],
    ['a > (select 1)', ') is missing before 1'],
    ['a > rand()', 'rand is none of the functions abs, coalesce, greatest, least, length, nullif, round'],
    ['a > 1; drop table b', 'it cannot be read from "; drop table b"'],
    ['', 'it ends too early'],
  ])('refuses %s', (text, fault) => {
    expect(readCondition(text)).toEqual({ fault });
  });
});
