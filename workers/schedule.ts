import {
  type CalendarSpec,
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { optionalDateToTs, tsToDate } from '@temporalio/common/lib/time.js';
import { DATA_LAKE_RUN_TYPE, RUN_ID_PREFIX, SCHEDULE_ID } from '../workflows/names.ts';
import { bankHolidays } from './business-days.ts';
import { maintenanceSchedules } from './maintenance-schedules.ts';
import { RUN_DETAILS, RUN_SUMMARY } from './run-details.ts';
import { type Change, difference, MONTHS } from './schedule-description.ts';
import { replaceHolidays, replaceSchedule } from './schedule-update.ts';

const TIMEZONE = 'America/Sao_Paulo';
const HOURS = [6, 18];

/** How the schedule should be: twice a business day of Brazilian banks, one run after the other, none left out. */
export function scheduleOptions(years: number[], taskQueue: string): Omit<ScheduleOptions, 'state'> {
  return {
    scheduleId: SCHEDULE_ID,
    spec: {
      timezone: TIMEZONE,
      calendars: HOURS.map((hour) => ({
        comment: `${hour}:00 in São Paulo, Monday to Friday`,
        dayOfWeek: { start: 'MONDAY', end: 'FRIDAY' },
        hour,
      })),
      skip: years.flatMap(bankHolidays).map(({ date, name }) => holidaySpec(date, name)),
    },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ALL, catchupWindow: '7 days', pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType: DATA_LAKE_RUN_TYPE,
      workflowId: RUN_ID_PREFIX,
      taskQueue,
      args: [],
      staticSummary: RUN_SUMMARY,
      staticDetails: RUN_DETAILS,
    },
  };
}

/** A skipped day needs each part of its times given: the default of 0 would skip only midnight. */
function holidaySpec(date: string, name: string): CalendarSpec {
  const [year, month, day] = date.split('-').map(Number);
  const monthName = MONTHS[(month ?? 0) - 1];
  if (!year || !monthName || !day) throw new RangeError(`"${date}" is not a date`);
  return { comment: `${date} ${name}`, year, month: monthName, dayOfMonth: day, hour: '*', minute: '*', second: '*' };
}

export type Applied = { outcome: 'created' | 'changed' | 'unchanged'; changes: Change[] };

export class ScheduleProblem extends Error {
  override readonly name = 'ScheduleProblem';
}

/** All schedules of the lake, the deliveries' first. */
export const allSchedules = (taskQueue: string, today: Date): Omit<ScheduleOptions, 'state'>[] => [
  scheduleOptions(yearsUpTo(today), taskQueue),
  ...maintenanceSchedules(TIMEZONE, taskQueue),
];

/** The schedule of the deliveries alone, see `applyOne`. */
export const applySchedule = (
  client: Client,
  taskQueue: string,
  today: Date,
  options: { dryRun?: boolean } = {},
): Promise<Applied> => applyOne(client, scheduleOptions(yearsUpTo(today), taskQueue), options);

/**
 * Makes a schedule on the server what the code says, or only says what would change. A new one is paused; of an existing
 * one pause and note stay as they are. Holidays are written from the lake's first year to three years from today.
 */
export async function applyOne(
  client: Client,
  wanted: Omit<ScheduleOptions, 'state'>,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<Applied> {
  const found = await describeSchedule(client, wanted.scheduleId);
  const changes = difference(found, wanted);
  const outcome = !found ? 'created' : changes.length > 0 ? 'changed' : 'unchanged';
  if (dryRun || outcome === 'unchanged') return { outcome, changes };
  if (!found) {
    await client.schedule.create({
      ...wanted,
      state: { paused: true, note: 'Made paused, so that it starts nothing. Unpause it when it shall.' },
    });
    return { outcome, changes };
  }
  await replaceSchedule(client, wanted);
  return { outcome, changes };
}

/**
 * Makes the skipped days of the schedule those of the calendar, and returns what changed. All else stays as it is on the
 * server: whoever changed its hours did so on purpose, and this code may be older than what was applied last.
 */
export async function refreshHolidays(client: Client, today: Date): Promise<Change[]> {
  const found = await describeSchedule(client);
  if (!found) return [];
  const wanted = scheduleOptions(yearsUpTo(today), '').spec.skip ?? [];
  const changes = difference(found, { ...found, spec: { ...found.spec, skip: wanted } });
  if (changes.length > 0) await replaceHolidays(client, SCHEDULE_ID, wanted);
  return changes;
}

/** A schedule as it is on the server, null where there is none. */
export function describeSchedule(client: Client, scheduleId = SCHEDULE_ID): Promise<ScheduleDescription | null> {
  return client.schedule
    .getHandle(scheduleId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    });
}

const FIRST_YEAR = 2026;
const yearsUpTo = (today: Date) =>
  Array.from({ length: today.getUTCFullYear() + 4 - FIRST_YEAR }, (_, index) => FIRST_YEAR + index);

/** The first `count` times after `after` at which the schedule starts a run, as the server reckons them. */
export async function timesAfter(client: Client, after: Date, count: number): Promise<Date[]> {
  // Twice a day; the longest row of days without business is shorter than ten.
  const end = new Date(after.getTime() + (count + 10) * 86_400_000);
  return (await timesBetween(client, new Date(after.getTime() + 1000), end)).slice(0, count);
}

/** The times of the schedule from `from` to `to`, at most the thousand that the server gives in one answer. */
export async function timesBetween(client: Client, from: Date, to: Date): Promise<Date[]> {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId: SCHEDULE_ID,
    startTime: optionalDateToTs(from),
    endTime: optionalDateToTs(to),
  });
  return (startTime ?? []).map((time) => tsToDate(time));
}
