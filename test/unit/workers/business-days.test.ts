import { describe, expect, test } from 'vitest';
import { bankHolidays } from '../../../workers/business-days.ts';
import { closedDays, easter } from '../../bank-calendar.ts';

const YEARS = Array.from({ length: 12 }, (_, index) => 2024 + index);

describe('the days on which Brazilian banks are closed', () => {
  test.each(YEARS)("of %i are those of ANBIMA's rule", (year) => {
    expect(bankHolidays(year).map(({ date }) => date)).toEqual(closedDays(year));
  });

  test('count 20 November from 2024 on', () => {
    const black = (year: number) => bankHolidays(year).some(({ date }) => date === `${year}-11-20`);
    expect([2022, 2023, 2024].map(black)).toEqual([false, false, true]);
  });

  test.each(YEARS)('of %i leave out Ash Wednesday, 24 and 31 December', (year) => {
    const ashWednesday = new Date(easter(year).getTime() - 46 * 86_400_000).toISOString().slice(0, 10);
    const dates = bankHolidays(year).map(({ date }) => date);
    for (const day of [ashWednesday, `${year}-12-24`, `${year}-12-31`]) expect(dates).not.toContain(day);
  });

  test('have names that people in Brazil know', () => {
    expect(bankHolidays(2026).find(({ date }) => date === '2026-04-03')?.name).toBe('Sexta-Feira Santa');
  });

  test('move with the Easter Sundays that almanacs give', () => {
    const almanac = ['2024-03-31', '2025-04-20', '2026-04-05', '2027-03-28', '2028-04-16', '2029-04-01', '2030-04-21'];
    expect(
      almanac.map((day) =>
        easter(Number(day.slice(0, 4)))
          .toISOString()
          .slice(0, 10),
      ),
    ).toEqual(almanac);
  });
});
