import { describe, expect, test } from 'vitest';
import { type LakeState, lakeIncidents } from '../../../activities/alert-rules.ts';
import type { ControlState } from '../../../control-db/queries/incidents.ts';
import { settings } from './settings.ts';

const MORNING = new Date('2026-01-05T09:00:00Z');
const EVENING = new Date('2026-01-05T21:00:00Z');
const NEXT = new Date('2026-01-06T09:00:00Z');
const hoursAfter = (slot: Date, hours: number) => new Date(slot.getTime() + hours * 3_600_000);

const quiet: ControlState = {
  ...{ failed: [], failedBackfills: [], unconfirmed: [], held: [], refused: [], open: [], costs: [] },
  ...{ scheduled: [EVENING, MORNING], lastFileSlot: EVENING },
};

function found(control: Partial<ControlState>, changes: Partial<LakeState> = {}) {
  const state = { now: NEXT, control: { ...quiet, ...control }, unfinished: [], clusters: [], ...changes };
  return lakeIncidents(state, settings.alerts).incidents;
}

test('of a lake on which all goes well there is nothing to tell', () => {
  expect(found({})).toEqual([]);
});

describe('each alert says what happened, and the command that comes next', () => {
  test.each<[string, Partial<ControlState>, Partial<LakeState>, Record<string, unknown>]>([
    [
      'a failed run',
      { failed: [{ run: 7, slot: MORNING, attempt: 2, message: 'Step raw ended as FAILED\nrow 1,2,3' }] },
      {},
      {
        kind: 'failed_run',
        subject: 'run 7',
        message: 'Attempt 2 at slot 20260105T090000Z failed, and nothing of it was published: Step raw ended as FAILED',
        command: 'podlake runs',
      },
    ],
    [
      'a failed backfill',
      { failedBackfills: [{ backfill: 3, reason: 'ticket 4711', message: 'slot x: rows are lost' }] },
      {},
      {
        kind: 'failed_backfill',
        subject: 'backfill 3',
        message: 'Backfill 3 ("ticket 4711") failed, and nothing of it was published: slot x: rows are lost',
        command: 'podlake backfill list',
      },
    ],
    [
      'a held delivery',
      { held: [{ slot: MORNING, files: 2, tables: ['bureau', 'pos_cash_balance'], reason: '9 % are bad' }] },
      {},
      {
        kind: 'held_delivery',
        summary: 'podlake: the delivery of slot 20260105T090000Z is held (2 files)',
        message:
          '2 files of bureau, pos_cash_balance of slot 20260105T090000Z are held, so that readers lack their rows: 9 % are bad',
        command: 'podlake files list --slot 20260105T090000Z --outcome held',
      },
    ],
    [
      'one refused file',
      { refused: [{ run: 7, slot: MORNING, files: 1, first: { file: 4, key: 'bureau/a.csv', reason: 'UTF-16' } }] },
      {},
      { kind: 'refused_file', subject: 'run 7', command: 'podlake files show 4' },
    ],
    [
      'many refused files, told once',
      { refused: [{ run: 7, slot: MORNING, files: 3, first: { file: 4, key: 'bureau/a.csv', reason: 'UTF-16' } }] },
      {},
      {
        message:
          'In slot 20260105T090000Z bureau/a.csv and 2 other files were refused, so that readers lack the rows: UTF-16',
        command: 'podlake files list --slot 20260105T090000Z --outcome refused',
      },
    ],
    [
      'a publication that Athena did not confirm',
      { unconfirmed: [{ run: 7, slot: MORNING, message: 'publication 3' }] },
      {},
      { kind: 'unconfirmed_publication', command: 'podlake runs' },
    ],
    [
      'a cluster that runs too long',
      {},
      {
        clusters: [{ clusterId: 'j-1', name: 'podlake 20260105T090000Z attempt 1', startedAt: hoursAfter(NEXT, -6.1) }],
      },
      { kind: 'cluster_running_long', subject: 'cluster j-1', command: 'aws emr describe-cluster --cluster-id j-1' },
    ],
    [
      'a run over the limit of its cost',
      { costs: [{ run: 7, slot: MORNING, attempt: 1, usd: 50.01 }] },
      {},
      { kind: 'run_cost', summary: 'podlake: run of slot 20260105T090000Z costs more than 50 USD' },
    ],
  ])('%s', (_what, control, changes, wanted) => {
    expect(found(control, changes)).toEqual([expect.objectContaining(wanted)]);
  });

  test('however long names are, in a subject that SNS takes', () => {
    const [long] = found(
      {},
      { clusters: [{ clusterId: `j-${'X'.repeat(200)}`, name: 'podlake', startedAt: MORNING }] },
    );
    expect(long?.summary.length).toBeLessThan(100);
  });
});

describe('at its limit', () => {
  test('a cluster and a cost are not over it yet', () => {
    const clusters = [{ clusterId: 'j-1', name: 'podlake', startedAt: hoursAfter(NEXT, -6) }];
    expect(found({ costs: [{ run: 7, slot: MORNING, attempt: 1, usd: 50 }] }, { clusters })).toEqual([]);
  });
});

describe('a run that is not finished', () => {
  const running = (slot: Date, startedAt = slot) => [
    { workflowId: 'data-lake-run-2026-01-05T09:00:00Z', slot, startedAt },
  ];

  test('is told of three hours after its slot, also when no worker ever took it up', () => {
    expect(found({}, { now: hoursAfter(MORNING, 3), unfinished: running(MORNING) })).toEqual([]);
    expect(found({}, { now: hoursAfter(MORNING, 3.01), unfinished: running(MORNING) })).toEqual([
      expect.objectContaining({
        kind: 'run_not_finished',
        subject: 'slot 20260105T090000Z',
        command: 'temporal workflow describe --workflow-id data-lake-run-2026-01-05T09:00:00Z',
      }),
    ]);
  });

  test('is told of once, though both Temporal and the control database know it', () => {
    const open = [{ run: 7, slot: MORNING, attempt: 1, openedAt: MORNING }];
    expect(found({ open }, { unfinished: running(MORNING) })).toHaveLength(1);
  });

  test('is told of when its workflow is gone without closing it', () => {
    const open = [{ run: 7, slot: MORNING, attempt: 1, openedAt: MORNING }];
    expect(found({ open })).toEqual([expect.objectContaining({ kind: 'run_not_finished', command: 'podlake runs' })]);
  });

  test('counts from its slot when the schedule caught up on it, and from its start when a person began it weeks later', () => {
    const [caughtUp, byHand] = [hoursAfter(MORNING, 5), hoursAfter(MORNING, 24 * 20)];
    expect(found({}, { now: caughtUp, unfinished: running(MORNING, caughtUp) })).toHaveLength(1);
    expect(found({}, { now: hoursAfter(byHand, 1), unfinished: running(MORNING, byHand) })).toEqual([]);
    expect(found({}, { now: hoursAfter(byHand, 4), unfinished: running(MORNING, byHand) })).toHaveLength(1);
  });
});

describe('no delivery', () => {
  test('for one slot is nothing to tell, for two it is', () => {
    expect(found({ lastFileSlot: MORNING })).toEqual([]);
    const silent = found({ scheduled: [NEXT, EVENING], lastFileSlot: MORNING });
    expect(silent).toEqual([
      expect.objectContaining({
        kind: 'no_delivery',
        subject: 'since slot 20260105T090000Z',
        summary: 'podlake: no delivery for 2 slots, the last in slot 20260105T090000Z',
      }),
    ]);
  });

  test('is one incident while it lasts', () => {
    const two = found({ scheduled: [NEXT, EVENING], lastFileSlot: MORNING });
    const three = found({ scheduled: [hoursAfter(NEXT, 12), NEXT], lastFileSlot: MORNING });
    expect(three.map(({ subject }) => subject)).toEqual(two.map(({ subject }) => subject));
  });

  test('is none when a run begun by hand took the files between two slots', () => {
    expect(found({ scheduled: [NEXT, EVENING], lastFileSlot: hoursAfter(EVENING, 2) })).toEqual([]);
  });

  test('of a lake with fewer slots than that is none', () => {
    expect(found({ scheduled: [MORNING], lastFileSlot: null })).toEqual([]);
  });
});

test('what could not be asked is not taken to be over', () => {
  const state = { now: NEXT, control: quiet, unfinished: null, clusters: null };
  const { judged } = lakeIncidents(state, settings.alerts);
  expect(judged).toContain('failed_run');
  expect(judged).not.toContain('run_not_finished');
  expect(judged).not.toContain('cluster_running_long');
});
