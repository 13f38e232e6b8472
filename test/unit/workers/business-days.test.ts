import { describe, expect, test } from 'vitest';
import { bankHolidays } from '../../../workers/business-days.ts';

const YEARS = Array.from({ length: 12 }, (_, index) => 2024 + index);

/** ANBIMA's rule, written down again: fixed days, and days that Easter moves. */
function closedDays(year: number): string[] {
  const fixed = ['01-01', '04-21', '05-01', '09-07', '10-12', '11-02', '11-15', '11-20', '12-25'];
  // Carnival Monday and Tuesday, Good Friday, Corpus Christi.
  const movable = [-48, -47, -2, 60].map((days) => new Date(easter(year).getTime() + days * 86_400_000));
  return [...fixed.map((day) => `${year}-${day}`), ...movable.map((date) => date.toISOString().slice(0, 10))].sort();
}

/** Easter Sunday by the anonymous Gregorian computus (Meeus, Jones, Butcher). */
function easter(year: number): Date {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  const day = (h + l - 7 * m + 33 * month + 19) % 32;
  return new Date(Date.UTC(year, month - 1, day));
}

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
