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

const TIMEZONE = 'America/Sao_Paulo';
const HOURS = [6, 18];
const MONTHS = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];

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
      staticSummary: 'Takes the delivery of one slot from landing to published tables',
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

export type Applied = 'created' | 'changed' | 'unchanged';

/**
 * Makes the schedule on the server what the code says. A new one is paused; of an existing one pause and note stay as they
 * are. Holidays are written from the lake's first year to three years from today.
 */
export async function applySchedule(client: Client, taskQueue: string, today: Date): Promise<Applied> {
  const wanted = scheduleOptions(yearsUpTo(today), taskQueue);
  const handle = client.schedule.getHandle(SCHEDULE_ID);
  const found = await handle.describe().catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  });
  if (found === null) {
    await client.schedule.create({
      ...wanted,
      state: { paused: true, note: 'Made paused. Unpause it when deliveries arrive.' },
    });
    return 'created';
  }
  if (fingerprint(found) === fingerprint(wanted)) return 'unchanged';
  const { spec, policies, action } = wanted;
  await handle.update((previous) => ({
    ...previous,
    spec,
    policies,
    action: { ...action, workflowId: RUN_ID_PREFIX },
  }));
  return 'changed';
}

const FIRST_YEAR = 2026;
const yearsUpTo = (today: Date) =>
  Array.from({ length: today.getUTCFullYear() + 4 - FIRST_YEAR }, (_, index) => FIRST_YEAR + index);

/** The first `count` times after `after` at which the schedule starts a run, as the server reckons them. */
export async function timesAfter(client: Client, after: Date, count: number): Promise<Date[]> {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId: SCHEDULE_ID,
    startTime: optionalDateToTs(new Date(after.getTime() + 1000)),
    // Twice a day; the longest row of days without business is shorter than ten.
    endTime: optionalDateToTs(new Date(after.getTime() + (count + 10) * 86_400_000)),
  });
  return (startTime ?? []).slice(0, count).map((time) => tsToDate(time));
}

/** What of a schedule is ours to compare, in the longer form in which the server gives it back. */
function fingerprint(schedule: ScheduleDescription | Omit<ScheduleOptions, 'state'>): string {
  const { spec, policies, action } = schedule;
  const { workflowType, taskQueue, workflowId } = action as {
    workflowType: string;
    taskQueue: string;
    workflowId?: string;
  };
  const window = policies?.catchupWindow === '7 days' ? 7 * 86_400_000 : policies?.catchupWindow;
  return JSON.stringify([
    calendars(spec.calendars),
    calendars(spec.skip),
    spec.timezone,
    policies?.overlap,
    window,
    workflowType,
    taskQueue,
    workflowId,
  ]);
}

function calendars(specs: readonly object[] | undefined): string[] {
  return ((specs as CalendarSpec[] | undefined) ?? [])
    .map(({ comment, year, month, dayOfMonth, dayOfWeek, hour }) =>
      JSON.stringify([comment, ...[year, month, dayOfMonth, dayOfWeek, hour].map(ranges)]),
    )
    .sort();
}

/** `6`, `{ start: 6 }` and `[{ start: 6, end: 6, step: 1 }]` are the same; so are `*`, nothing and the whole range. */
function ranges(value: unknown): string[] {
  const listed = value === undefined || value === '*' ? [] : [value].flat();
  const texts = listed.map((range) => {
    const { start = range, end = start } =
      typeof range === 'object' && range !== null ? (range as { start: unknown; end?: unknown }) : {};
    return `${start}-${end}`;
  });
  return texts.filter((text) => !WHOLE_RANGES.includes(text));
}

const WHOLE_RANGES = ['1-31', 'JANUARY-DECEMBER', 'SUNDAY-SATURDAY', '0-23'];
