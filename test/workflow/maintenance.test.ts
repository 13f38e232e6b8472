import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { MAINTENANCE_TYPE } from '../../workflows/names.ts';
import type { MaintenanceRequest, MaintenanceResult } from '../../workflows/types.ts';
import { type FakeLake, fakeLake, fakeLakes } from './fake-lake.ts';
import { workerOnTimeSkippingServer } from './play-run.ts';
import { ownName } from './temporal.ts';

const { activities, lakes } = fakeLakes();
const taskQueue = ownName('maintenance');
const client = workerOnTimeSkippingServer(activities, taskQueue);

async function maintain(lake: FakeLake, ...tasks: MaintenanceRequest['tasks']): Promise<string[]> {
  const workflowId = ownName('maintenance');
  lakes.set(workflowId, lake);
  const options = { workflowId, taskQueue, args: [{ tasks }] };
  return ((await client().workflow.execute(MAINTENANCE_TYPE, options)) as MaintenanceResult).done;
}

const names = (lake: FakeLake) => lake.calls.map((call) => call.split(' ')[0]);

test('a sweep that finds no branch of a dead run neither asks for the lake nor starts a cluster', async () => {
  const lake = fakeLake({ sweep: async () => ({ runs: ['20260105T090000Z'], clusters: ['podlake x'], branches: [] }) });
  expect(await maintain(lake, 'sweep')).toEqual([
    'closed the run of slot 20260105T090000Z, whose workflow had ended without closing it',
    'ended the cluster "podlake x", whose owner no longer runs',
  ]);
  expect(names(lake)).toEqual(['sweep']);
});

test('branches that a sweep finds are dropped while the lake is held, after older clusters were ended', async () => {
  const lake = fakeLake({ sweep: async () => ({ runs: [], clusters: [], branches: ['run_x of trusted.bureau'] }) });
  expect((await maintain(lake, 'sweep')).at(-1)).toBe('2 tables compacted');
  expect(names(lake)).toEqual([
    ...['sweep', 'enterLakeQueue', 'openMaintenance', 'endOlderClusters', 'writeMaintenanceManifest', 'startCluster'],
    ...['runStep', 'endCluster', 'recordMaintenance', 'closeMaintenance'],
  ]);
});

test('a sweep that does not get the lake leaves the branches for its next time', async () => {
  const branches = ['run_x of trusted.bureau'];
  const lake = fakeLake({
    sweep: async () => ({ runs: [], clusters: [], branches }),
    enterLakeQueue: async () => undefined,
  });
  expect((await maintain(lake, 'sweep')).at(-1)).toBe(
    'the lake was busy for 30 minutes: branches are left for the next time',
  );
  expect(names(lake)).toEqual(['sweep', 'enterLakeQueue']);
});

test('the weekly tasks are done in one step of one cluster, under one grant', async () => {
  const lake = fakeLake({ refreshCalendar: async () => ({ changes: ['+ skip 2030-01-01: Ano Novo'] }) });
  const done = await maintain(lake, 'calendar', 'branches', 'compact', 'expire', 'orphans');
  expect(done).toEqual(['holidays: + skip 2030-01-01: Ano Novo', '2 tables compacted']);
  expect(names(lake).filter((name) => name === 'openMaintenance' || name === 'runStep')).toHaveLength(2);
});

test('without anything to do to a table no cluster is started', async () => {
  const lake = fakeLake({ writeMaintenanceManifest: async () => ({ manifest: null, notes: [] }) });
  expect(await maintain(lake, 'compact')).toEqual(['nothing was to be done to the tables']);
  expect(names(lake)).not.toContain('startCluster');
});

test('a publication that was cut short is left to the next run, and no table is touched before', async () => {
  const context = { run: 1, slot: '20260105T090000Z', attempt: 5, grant: 9, kind: 'manual' } as const;
  const lake = fakeLake({ openMaintenance: async () => ({ context, cut: 7 }) });
  expect((await maintain(lake, 'compact', 'expire'))[0]).toMatch(/^publication 7 was cut short: the next run/);
  expect(names(lake)).toEqual(['enterLakeQueue', 'openMaintenance', 'endOlderClusters', 'closeMaintenance']);
});

test('before the first run there are no tables to maintain', async () => {
  const lake = fakeLake({ openMaintenance: async () => ({ context: null, cut: null }) });
  expect(await maintain(lake, 'compact')).toEqual(['there was no run yet, so that there are no tables']);
});

test('when the step fails the cluster is ended, and the maintenance closed with the reason', async () => {
  const messages: string[] = [];
  const lake = fakeLake({
    async runStep() {
      throw ApplicationFailure.nonRetryable('table trusted.bureau: somebody else wrote it', 'StepFailed');
    },
    async closeMaintenance({ message }) {
      messages.push(message);
    },
  });
  await expect(maintain(lake, 'compact')).rejects.toThrow();
  expect(names(lake).slice(-2)).toEqual(['endCluster', 'closeMaintenance']);
  expect(messages).toEqual(['failed: table trusted.bureau: somebody else wrote it']);
});
