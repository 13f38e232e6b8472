// The calendar of Brazilian banks, written from ANBIMA's rule alone: what the schedule's own is held against.

/** ANBIMA's rule, written down again: fixed days, and days that Easter moves. */
export function closedDays(year: number): string[] {
  const fixed = ['01-01', '04-21', '05-01', '09-07', '10-12', '11-02', '11-15', '11-20', '12-25'];
  // Carnival Monday and Tuesday, Good Friday, Corpus Christi.
  const movable = [-48, -47, -2, 60].map((days) => new Date(easter(year).getTime() + days * 86_400_000));
  return [...fixed.map((day) => `${year}-${day}`), ...movable.map((date) => date.toISOString().slice(0, 10))].sort();
}

/** Easter Sunday by the anonymous Gregorian computus (Meeus, Jones, Butcher). */
export function easter(year: number): Date {
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
