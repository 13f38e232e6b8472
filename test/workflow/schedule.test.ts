import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { applySchedule, timesAfter } from '../../workers/schedule.ts';
import { SCHEDULE_ID } from '../../workflows/names.ts';
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
const apply = (changes: { taskQueue?: string; today?: Date } = {}) =>
  applySchedule(server.client, changes.taskQueue ?? 'lake', changes.today ?? TODAY);
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

  test('in a new year writes the holidays of one year more', async () => {
    await apply();
    const before = (await handle().describe()).spec.skip?.length ?? 0;
    expect(await apply({ today: new Date('2027-01-01T12:00:00Z') })).toBe('changed');
    const added = ((await handle().describe()).spec.skip?.length ?? 0) - before;
    // Banks close on 13 days a year.
    expect(added).toBe(13);
  });
});

describe('the times of the schedule', () => {
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
