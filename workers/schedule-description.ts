import type { CalendarSpec, ScheduleDescription, ScheduleOptions } from '@temporalio/client';

/** A schedule as the server gives it back, or as the code says it should be. */
export type AnySchedule = ScheduleDescription | Omit<ScheduleOptions, 'state'>;

/** One thing that a schedule says: `skip` and `2026-11-20: Dia da Consciência Negra`. */
export type Statement = { part: string; value: string };
export type Change = Statement & { change: 'added' | 'removed' };

/** `+ skip 2029-11-20: Dia da Consciência Negra` */
export const changeText = ({ change, part, value }: Change) => `${change === 'added' ? '+' : '-'} ${part} ${value}`;

export const MONTHS = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];

const DAY = 86_400_000;

/** What changes when `wanted` takes the place of `found`: what goes first, then what comes, each in the schedule's order. */
export function difference(found: AnySchedule | null, wanted: AnySchedule): Change[] {
  const before = found ? statements(found) : [];
  const after = statements(wanted);
  const key = ({ part, value }: Statement) => `${part} ${value}`;
  const without = (some: Statement[], others: Statement[]) => {
    const known = new Set(others.map(key));
    return some.filter((statement) => !known.has(key(statement)));
  };
  return [
    ...without(before, after).map((statement) => ({ change: 'removed' as const, ...statement })),
    ...without(after, before).map((statement) => ({ change: 'added' as const, ...statement })),
  ];
}

/**
 * All that a schedule says of when, how and what it starts, the same for the short form of the code and the long one of the
 * server. Pause, note and counts are the operator's and the server's: they are not compared.
 */
function statements({ spec, policies, action }: AnySchedule): Statement[] {
  const { workflowType, taskQueue, workflowId, staticSummary, staticDetails, args } = action as Action;
  const lines: [string, unknown][] = [
    ...calendarsOf(spec.calendars).map((calendar): [string, string] => ['time', calendarText(calendar)]),
    ...(spec.intervals ?? []).map((interval): [string, string] => ['interval', JSON.stringify(interval)]),
    ['timezone', spec.timezone ?? 'UTC'],
    ['jitter', spec.jitter || null],
    ['starts at', spec.startAt?.toISOString()],
    ['ends at', spec.endAt?.toISOString()],
    ...calendarsOf(spec.skip).map((calendar): [string, string] => ['skip', calendarText(calendar)]),
    ['overlap', policies?.overlap],
    ['catch-up window', durationText(policies?.catchupWindow)],
    ['pause on failure', policies?.pauseOnFailure ? 'yes' : 'no'],
    ['workflow type', workflowType],
    ['workflow id', workflowId],
    ['task queue', taskQueue],
    ['input', args?.length ? JSON.stringify(args) : null],
    ['summary', staticSummary],
    ['details', staticDetails?.replaceAll(/\s+/g, ' ')],
  ];
  return lines.flatMap(([part, value]) => (value ? [{ part, value: String(value) }] : []));
}

type Action = {
  workflowType: string;
  taskQueue: string;
  workflowId?: string;
  staticSummary?: string;
  staticDetails?: string;
  args?: readonly unknown[];
};

/** The days that a schedule leaves out as a whole, as the server knows them, with what their comments say. */
export function skippedDays({ spec }: AnySchedule): Map<string, string> {
  const days = calendarsOf(spec.skip).map((calendar): [string, string] => [dateOf(calendar), nameOf(calendar)]);
  return new Map(days.filter(([date]) => /^\d{4}-\d\d-\d\d$/.test(date)));
}

const calendarsOf = (specs: readonly object[] | undefined) => (specs ?? []) as readonly CalendarSpec[];

/** `MONDAY-FRIDAY 6:0:0: 6:00 in São Paulo`, or `2026-11-20: Dia da Consciência Negra` for a day as a whole. */
function calendarText(calendar: CalendarSpec): string {
  const { dayOfWeek, hour, minute, second } = calendar;
  const time = [range(hour, '0'), range(minute, '0'), range(second, '0')].join(':');
  const when = [dateOf(calendar), range(dayOfWeek, '*'), time === '*:*:*' ? '' : time];
  return `${when.filter((part) => part && part !== '*').join(' ') || 'always'}: ${nameOf(calendar)}`;
}

const nameOf = (calendar: CalendarSpec) => (calendar.comment ?? '').replace(`${dateOf(calendar)} `, '');

/** `2026-11-20`, or `*` for every day. */
function dateOf({ year, month, dayOfMonth }: CalendarSpec): string {
  const name = range(month, '*');
  const number = MONTHS.indexOf(name as (typeof MONTHS)[number]) + 1;
  const parts = [
    range(year, '*'),
    number ? String(number).padStart(2, '0') : name,
    range(dayOfMonth, '*').padStart(2, '0'),
  ];
  return parts.every((part) => part.endsWith('*')) ? '*' : parts.join('-');
}

/** `6`, `{ start: 6 }` and `[{ start: 6, end: 6, step: 1 }]` are the same; so are `*` and the whole range. */
function range(value: unknown, otherwise: string): string {
  const listed = value === undefined ? [] : [value].flat();
  const texts = listed.map((one) => {
    const whole =
      typeof one === 'object' && one !== null ? (one as { start: unknown; end?: unknown; step?: number }) : null;
    const { start, end = start, step = 1 } = whole ?? { start: one };
    const span = start === end ? `${start}` : `${start}-${end}`;
    return WHOLE_RANGES.includes(span) ? '*' : step === 1 ? span : `${span}/${step}`;
  });
  return texts.join(',') || otherwise;
}

const WHOLE_RANGES = ['1-31', 'JANUARY-DECEMBER', 'SUNDAY-SATURDAY', '0-23', '0-59'];

/** The server gives milliseconds back, whatever the words in which they were given. */
function durationText(window: unknown): string {
  const days = typeof window === 'number' ? window / DAY : Number.NaN;
  return Number.isInteger(days)
    ? `${days} days`
    : typeof window === 'number'
      ? `${window / 1000} s`
      : String(window ?? '');
}
