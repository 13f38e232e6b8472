import type { Client } from '@temporalio/client';
import { temporalClient } from '../workers/clients.ts';
import { comingSlots, MOST_SLOTS } from '../workers/coming-slots.ts';
import { type Config, readConfig } from '../workers/config.ts';
import { allSchedules, applyOne, describeSchedule, ScheduleProblem } from '../workers/schedule.ts';
import { changeText } from '../workers/schedule-description.ts';
import { SCHEDULE_ID } from '../workflows/names.ts';
import { slotOf } from '../workflows/slot.ts';

type Options = { stack: string; json?: boolean };

export function applyScheduleCommand(options: Options & { dryRun?: boolean }): Promise<void> {
  return withClient(options.stack, async (client, config) => {
    const dryRun = options.dryRun ?? false;
    const all = [];
    for (const wanted of allSchedules(config.temporal.taskQueue, new Date()))
      all.push(await applyAndDescribe(client, wanted, dryRun));
    const [deliveries, ...others] = all;
    if (options.json) return console.log(JSON.stringify({ ...deliveries, others }));
    for (const one of all) print(one);
  });
}

async function applyAndDescribe(client: Client, wanted: Parameters<typeof applyOne>[1], dryRun: boolean) {
  const { scheduleId } = wanted;
  const { outcome, changes } = await applyOne(client, wanted, { dryRun });
  const found = await describeSchedule(client, scheduleId);
  const next = found?.info.nextActionTimes.map((time) => time.toISOString()) ?? [];
  const state = found ? { paused: found.state.paused, note: found.state.note ?? null } : { paused: null, note: null };
  return { schedule: scheduleId, applied: outcome, dryRun, changes, ...state, next };
}

function print({
  schedule,
  applied,
  dryRun,
  changes,
  paused,
  note,
  next,
}: Awaited<ReturnType<typeof applyAndDescribe>>) {
  const done = dryRun && applied !== 'unchanged' ? `would be ${applied} (dry run: nothing was written)` : applied;
  console.log(`schedule ${schedule}: ${done}${paused ? `, paused (${note ?? 'no note'})` : ''}`);
  for (const change of changes) console.log(`  ${changeText(change)}`);
  for (const time of next.slice(0, 4)) console.log(`  next ${time}`);
  if (paused)
    console.log(
      `unpause it with: temporal schedule toggle --schedule-id ${schedule} --unpause --reason "in production"`,
    );
}

export function nextScheduleCommand(options: Options & { count: number; from?: string }): Promise<void> {
  const { count } = options;
  if (!Number.isInteger(count) || count < 1 || count > MOST_SLOTS)
    throw new ScheduleProblem(`--count is a whole number from 1 to ${MOST_SLOTS}.`);
  const from = options.from === undefined ? new Date() : new Date(options.from);
  if (Number.isNaN(from.getTime()))
    throw new ScheduleProblem(`--from "${options.from}" is not an instant; one looks like 2026-11-20T09:00:00Z.`);
  return withClient(options.stack, async (client) => {
    const { schedule, timezone, days, holidaysUntil } = await comingSlots(client, from, count);
    const { paused, note } = schedule.state;
    const unknown = holidaysUntil !== null && (days.at(-1)?.date ?? '') > `${holidaysUntil}-12-31`;
    if (options.json) {
      const listed = days.map((day) => ({ ...day, times: day.times.map((time) => time.toISOString()) }));
      const all = { schedule: SCHEDULE_ID, timezone, paused, note: note ?? null, holidaysUntil, days: listed };
      return console.log(JSON.stringify(all, null, 2));
    }
    if (paused)
      console.log(`The schedule is paused (${note ?? 'no note'}): it starts none of these until it is unpaused.`);
    const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: timezone });
    for (const { date, weekday, times, reason } of days) {
      const day = `${date} ${weekday.slice(0, 3)}`;
      if (reason) console.log(`${day}  -      ${reason}`);
      for (const time of times) console.log(`${day}  ${clock.format(time)}  slot ${slotOf(time)}`);
    }
    console.log(`times of ${timezone}, as the server reckons them`);
    if (unknown)
      console.log(`The schedule knows no holidays after ${holidaysUntil}: "podlake schedule apply" adds years.`);
  });
}

async function withClient(stack: string, work: (client: Client, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig(stack);
  const client = await temporalClient(config);
  try {
    await work(client, config);
  } finally {
    await client.connection.close();
  }
}
