import Holidays from 'date-holidays';

const ELECTION = 'Dia de Eleição';

export type Holiday = { date: string; name: string };

/**
 * The days of a year on which Brazilian banks are closed (ANBIMA's calendar), as `2026-11-20` with their names. Of the
 * library's types only `public` and `bank` count: Ash Wednesday and 24 and 31 December are business days of banks. The
 * Sundays of elections are not in ANBIMA's calendar.
 */
export function bankHolidays(year: number): Holiday[] {
  const calendar = new Holidays('BR', { types: ['public', 'bank'], timezone: 'America/Sao_Paulo' });
  return calendar
    .getHolidays(year, 'pt')
    .filter(({ type, name }) => (type === 'public' || type === 'bank') && name !== ELECTION)
    .map(({ date, name }) => ({ date: date.slice(0, 10), name }))
    .sort((a, b) => a.date.localeCompare(b.date));
}
