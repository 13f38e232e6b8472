import type { Client, ScheduleDescription } from '@temporalio/client';
import { SCHEDULE_ID } from '../workflows/names.ts';
import { describeSchedule, ScheduleProblem, timesAfter, timesBetween } from './schedule.ts';
import { skippedDays } from './schedule-description.ts';

const DAY = 86_400_000;
/** The server gives at most a thousand times in one answer; so many are in it with all days between. */
export const MOST_SLOTS = 500;

/** A day on which the schedule starts runs, or the reason why it starts none. */
export type ComingDay = { date: string; weekday: string; times: Date[]; reason: string | null };
export type ComingSlots = {
  schedule: ScheduleDescription;
  timezone: string;
  days: ComingDay[];
  /** After this year the schedule knows no holidays: days are listed that it will skip once it is applied again. */
  holidaysUntil: number | null;
};

/**
 * The next `count` slots after `after` and every day between them, as the schedule on the server has them: not what the
 * code says, which may not have been applied.
 * @throws ScheduleProblem when there is no schedule on the server.
 */
export async function comingSlots(client: Client, after: Date, count: number): Promise<ComingSlots> {
  const schedule = await describeSchedule(client);
  if (!schedule)
    throw new ScheduleProblem(
      `There is no schedule "${SCHEDULE_ID}" on the Temporal server. "podlake schedule apply" makes it (paused).`,
    );
  const timezone = schedule.spec.timezone ?? 'UTC';
  const names = skippedDays(schedule);
  const coming = await timesAfter(client, after, count);
  // The times of today that have passed are why today is no skipped day.
  const passed = await timesBetween(client, new Date(after.getTime() - DAY), after);
  const last = coming.at(-1);
  const dates = last ? datesBetween(localDate(after, timezone), localDate(last, timezone)) : [];
  const on = (times: Date[], date: string) => times.filter((time) => localDate(time, timezone) === date);
  const days = dates.map((date): ComingDay => {
    const times = on(coming, date);
    const reason =
      times.length > 0 ? null : on(passed, date).length > 0 ? 'its slots have passed' : whySkipped(date, names);
    return { date, weekday: weekdayOf(date), times, reason };
  });
  const years = [...names.keys()].map((date) => Number(date.slice(0, 4)));
  return { schedule, timezone, days, holidaysUntil: years.length > 0 ? Math.max(...years) : null };
}

function whySkipped(date: string, names: Map<string, string>): string {
  const weekday = weekdayOf(date);
  const weekend = weekday === 'Saturday' || weekday === 'Sunday' ? 'weekend' : null;
  const holiday = names.has(date) ? `bank holiday: ${names.get(date)}` : null;
  return [holiday, weekend].filter(Boolean).join(', ') || 'no time of the schedule falls on this day';
}

const localDate = (instant: Date, timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(instant);

const weekdayOf = (date: string) =>
  new Intl.DateTimeFormat('en-US', { weekday: 'long', timeZone: 'UTC' }).format(new Date(date));

function datesBetween(first: string, last: string): string[] {
  const count = (Date.parse(last) - Date.parse(first)) / DAY + 1;
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(first) + index * DAY).toISOString().slice(0, 10),
  );
}
