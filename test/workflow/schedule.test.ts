import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { comingSlots } from '../../workers/coming-slots.ts';
import {
  allSchedules,
  applyOne,
  applySchedule,
  describeSchedule,
  refreshHolidays,
  scheduleOptions,
  timesAfter,
  timesBetween,
} from '../../workers/schedule.ts';
import { SCHEDULE_ID } from '../../workflows/names.ts';
import { closedDays } from '../bank-calendar.ts';
import { localServer } from './temporal.ts';

let server: TestWorkflowEnvironment;
beforeAll(async () => {
  server = await localServer();
});
afterEach(() =>
  server.client.schedule
    .getHandle(SCHEDULE_ID)
    .delete()
    .catch(() => undefined),
);
afterAll(() => server?.teardown());

const TODAY = new Date('2026-01-01T12:00:00Z');
const applied = (changes: { taskQueue?: string; today?: Date; dryRun?: boolean } = {}) =>
  applySchedule(server.client, changes.taskQueue ?? 'lake', changes.today ?? TODAY, {
    dryRun: changes.dryRun ?? false,
  });
const apply = async (changes: Parameters<typeof applied>[0] = {}) => (await applied(changes)).outcome;
const handle = () => server.client.schedule.getHandle(SCHEDULE_ID);

describe('applying the schedule', () => {
  test('makes it paused, with a note that says what to do, one run after the other and none left out', async () => {
    expect(await apply()).toBe('created');
    const { state, policies, action, spec } = await handle().describe();
    expect(state).toMatchObject({ paused: true, note: expect.stringContaining('Unpause') });
    expect(policies).toMatchObject({ overlap: ScheduleOverlapPolicy.BUFFER_ALL, catchupWindow: 7 * 86_400_000 });
    expect(action).toMatchObject({ workflowType: 'dataLakeRun', workflowId: 'data-lake-run', taskQueue: 'lake' });
    expect(spec.timezone).toBe('America/Sao_Paulo');
  });

  test('a second time changes nothing', async () => {
    await apply();
    const before = await handle().describe();
    expect(await apply()).toBe('unchanged');
    expect((await handle().describe()).info.lastUpdatedAt).toEqual(before.info.lastUpdatedAt);
  });

  test.each([
    ['unpaused', false],
    ['paused', true],
  ])(
    'of one that an operator has %s keeps that and the note, also where something else changed',
    async (_how, paused) => {
      await apply();
      if (paused) await handle().pause('the source is late');
      else await handle().unpause('deliveries arrive');
      const { note } = (await handle().describe()).state;
      expect(await apply()).toBe('unchanged');
      expect(await apply({ taskQueue: 'another' })).toBe('changed');
      const { state, policies, action } = await handle().describe();
      expect(state).toMatchObject({ paused, note });
      expect(action).toMatchObject({ taskQueue: 'another' });
      expect(policies).toMatchObject({ overlap: ScheduleOverlapPolicy.BUFFER_ALL, catchupWindow: 7 * 86_400_000 });
    },
  );

  test('keeps a pause that an operator sets while it is being applied', async () => {
    await apply();
    await handle().unpause('deliveries arrive');
    const service = server.client.workflowService;
    const write = service.updateSchedule;
    // Between the reading and the writing of the first try.
    service.updateSchedule = (async (request: Parameters<typeof write>[0]) => {
      service.updateSchedule = write;
      await handle().pause('the source is late');
      return await service.updateSchedule(request);
    }) as typeof write;
    try {
      expect(await apply({ taskQueue: 'another' })).toBe('changed');
    } finally {
      service.updateSchedule = write;
    }
    const { state, action } = await handle().describe();
    expect(state).toMatchObject({ paused: true, note: 'the source is late' });
    expect(action).toMatchObject({ taskQueue: 'another' });
  });

  test('in a new year writes the holidays of one year more', async () => {
    await apply();
    const before = (await handle().describe()).spec.skip?.length ?? 0;
    expect(await apply({ today: new Date('2027-01-01T12:00:00Z') })).toBe('changed');
    const added = ((await handle().describe()).spec.skip?.length ?? 0) - before;
    // Banks close on 13 days a year.
    expect(added).toBe(13);
  });
});

describe('the holidays that maintenance writes anew', () => {
  test('are those of a year more, and all else, what an operator changed too, stays', async () => {
    await apply();
    await handle().pause('the source is late');
    await handle().update(({ spec, ...rest }) => ({
      ...rest,
      spec: { ...spec, calendars: [{ comment: 'noon', hour: 12 }] },
    }));
    const before = await handle().describe();

    const changes = await refreshHolidays(server.client, new Date('2027-01-01T12:00:00Z'));

    expect(
      changes.every(({ change, part, value }) => change === 'added' && part === 'skip' && /^2030-/.test(value)),
    ).toBe(true);
    expect(changes).toHaveLength(13);
    const { state, spec, action, policies } = await handle().describe();
    expect(spec.skip).toHaveLength((before.spec.skip?.length ?? 0) + 13);
    expect({ state, calendars: spec.calendars, action, policies }).toEqual({
      ...{ state: before.state, calendars: before.spec.calendars, action: before.action, policies: before.policies },
    });
    expect(await refreshHolidays(server.client, new Date('2027-01-01T12:00:00Z'))).toEqual([]);
  });

  test('are none where there is no schedule, and none is made', async () => {
    expect(await refreshHolidays(server.client, TODAY)).toEqual([]);
    expect(await describeSchedule(server.client)).toBeNull();
  });
});

test('all schedules are made by one list, each paused, and applied again nothing changes', async () => {
  const wanted = allSchedules('lake', TODAY);
  expect(wanted.map(({ scheduleId }) => scheduleId)).toEqual([
    ...['pod-bank-data-lake', 'pod-bank-maintenance-hourly', 'pod-bank-maintenance-weekly'],
  ]);
  for (const one of wanted) expect((await applyOne(server.client, one)).outcome).toBe('created');
  for (const one of wanted) expect(await applyOne(server.client, one)).toEqual({ outcome: 'unchanged', changes: [] });

  const [, hourly, weekly] = await Promise.all(
    wanted.map(({ scheduleId }) => describeSchedule(server.client, scheduleId)),
  );
  expect(hourly?.state.paused).toBe(true);
  expect(hourly?.action).toMatchObject({ workflowType: 'maintenance', args: [{ tasks: ['sweep'] }] });
  const [first, second] = hourly?.info.nextActionTimes ?? [];
  expect((second?.getTime() ?? 0) - (first?.getTime() ?? 0)).toBe(3_600_000);
  const sunday = weekly?.info.nextActionTimes[0];
  expect([sunday?.getUTCDay(), sunday?.getUTCHours()]).toEqual([0, 7]);
  for (const { scheduleId } of wanted.slice(1)) await server.client.schedule.getHandle(scheduleId).delete();
});

describe('what applying the schedule changes', () => {
  test('is told before it is written, and a dry run writes nothing', async () => {
    const first = await applied({ dryRun: true });
    expect(first.outcome).toBe('created');
    expect(first.changes).toContainEqual({ change: 'added', part: 'timezone', value: 'America/Sao_Paulo' });
    expect(await describeSchedule(server.client)).toBeNull();

    await apply();
    expect(await applied({ dryRun: true })).toEqual({ outcome: 'unchanged', changes: [] });
    const changes = [
      { change: 'removed', part: 'task queue', value: 'lake' },
      { change: 'added', part: 'task queue', value: 'another' },
    ];
    expect(await applied({ taskQueue: 'another', dryRun: true })).toEqual({ outcome: 'changed', changes });
    expect(await applied({ taskQueue: 'another' })).toEqual({ outcome: 'changed', changes });
    expect(await applied({ taskQueue: 'another' })).toEqual({ outcome: 'unchanged', changes: [] });
  });

  test('is what somebody changed on the server, by name: times, holidays, policies', async () => {
    await apply();
    await handle().update((previous) => ({
      ...previous,
      spec: { ...previous.spec, skip: previous.spec.skip?.slice(1) ?? [] },
      policies: { ...previous.policies, overlap: ScheduleOverlapPolicy.SKIP },
    }));
    const { changes } = await applied();
    expect(changes).toEqual([
      { change: 'removed', part: 'overlap', value: 'SKIP' },
      { change: 'added', part: 'skip', value: expect.stringMatching(/^2026-01-01: /) },
      { change: 'added', part: 'overlap', value: 'BUFFER_ALL' },
    ]);
    expect(await apply()).toBe('unchanged');
  });
});

describe('the coming slots', () => {
  const coming = async (after: string, count: number) =>
    (await comingSlots(server.client, new Date(after), count)).days.map(({ date, times, reason }) => [
      ...[date, times.length, reason],
    ]);

  test('are told with the reason of each day without one, and those of today that have passed', async () => {
    await apply();
    // 23:30 in São Paulo: in UTC it is the next day already.
    expect(await coming('2026-11-20T02:30:00Z', 3)).toEqual([
      ['2026-11-19', 0, 'its slots have passed'],
      ['2026-11-20', 0, expect.stringMatching(/^bank holiday: .*Consciência Negra/)],
      ['2026-11-21', 0, 'weekend'],
      ['2026-11-22', 0, 'weekend'],
      ['2026-11-23', 2, null],
      ['2026-11-24', 1, null],
    ]);
    expect(await coming('2026-04-30T12:00:00Z', 2)).toEqual([
      ['2026-04-30', 1, null],
      ['2026-05-01', 0, expect.stringMatching(/^bank holiday: /)],
      ['2026-05-02', 0, 'weekend'],
      ['2026-05-03', 0, 'weekend'],
      ['2026-05-04', 1, null],
    ]);
  });

  test('are as many as asked for, and without a schedule the command that makes it is told', async () => {
    await expect(comingSlots(server.client, TODAY, 20)).rejects.toThrow(/podlake schedule apply/);
    await apply();
    const { days, holidaysUntil } = await comingSlots(server.client, TODAY, 20);
    expect(days.flatMap(({ times }) => times)).toHaveLength(20);
    expect(holidaysUntil).toBe(2029);
  });
});

describe('the times of the schedule', () => {
  const YEARS = Array.from({ length: 12 }, (_, index) => 2024 + index);

  test("of 2024 to 2035 are 06:00 and 18:00 of each business day by ANBIMA's rule", async () => {
    const state = { paused: true };
    await server.client.schedule.create({ ...scheduleOptions(YEARS, 'lake'), state });
    for (const year of YEARS) {
      // One year at a time, from midnight to midnight in São Paulo; the server gives no more than a thousand times at once.
      const [start, end] = [new Date(`${year}-01-01T03:00:00Z`), new Date(`${year + 1}-01-01T02:59:59Z`)];
      const expected: string[] = [];
      for (let day = new Date(`${year}-01-01`); day.getUTCFullYear() === year; day = new Date(+day + 86_400_000)) {
        const date = day.toISOString().slice(0, 10);
        if ([0, 6].includes(day.getUTCDay()) || closedDays(year).includes(date)) continue;
        expected.push(`${date}T09:00:00.000Z`, `${date}T21:00:00.000Z`);
      }
      const times = await timesBetween(server.client, start, end);
      expect(times.map((time) => time.toISOString())).toEqual(expected);
    }
  });

  // São Paulo is three hours behind UTC all year: 06:00 is 09:00Z, 18:00 is 21:00Z.
  test.each([
    ['Monday, 5 January 2026, is the first week-day after the first week-end', '2026-01-02T21:00', '2026-01-05'],
    ['New Year is left out, the Friday after it is not', '2025-12-31T21:00', '2026-01-02'],
    ['Carnival Monday and Tuesday are left out, Ash Wednesday is not', '2026-02-13T21:00', '2026-02-18'],
    ['Good Friday is left out', '2026-04-02T21:00', '2026-04-06'],
    ['Corpus Christi is left out, the Friday after it is not', '2026-06-03T21:00', '2026-06-05'],
    ['20 November is left out', '2026-11-19T21:00', '2026-11-23'],
    ['Christmas is left out', '2026-12-24T21:00', '2026-12-28'],
    ['Christmas Eve is not', '2026-12-23T21:00', '2026-12-24'],
    ["nor is New Year's Eve", '2026-12-30T21:00', '2026-12-31'],
    ['holidays of later years are known: Carnival of 2029', '2029-02-09T21:00', '2029-02-14'],
  ])('%s', async (_what, after, day) => {
    await apply();
    const times = await timesAfter(server.client, new Date(`${after}:00Z`), 2);
    expect(times).toEqual([new Date(`${day}T09:00:00Z`), new Date(`${day}T21:00:00Z`)]);
  });

  test('are as many as asked for, each day twice', async () => {
    await apply();
    const times = await timesAfter(server.client, new Date('2026-01-05T09:00:00Z'), 4);
    expect(times.map((time) => time.toISOString().slice(0, 16))).toEqual([
      '2026-01-05T21:00',
      '2026-01-06T09:00',
      '2026-01-06T21:00',
      '2026-01-07T09:00',
    ]);
  });
});
