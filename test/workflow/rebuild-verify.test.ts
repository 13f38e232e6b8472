import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { REBUILD_VERIFY_TYPE } from '../../workflows/names.ts';
import type { Comparison, RebuildResult } from '../../workflows/types.ts';
import { type FakeLake, fakeLake, fakeLakes } from './fake-lake.ts';
import { workerOnTimeSkippingServer } from './play-run.ts';
import { ownName } from './temporal.ts';

const { activities, lakes } = fakeLakes();
const taskQueue = ownName('rebuild');
const client = workerOnTimeSkippingServer(activities, taskQueue);

async function verify(lake: FakeLake): Promise<RebuildResult> {
  const workflowId = ownName('rebuild');
  lakes.set(workflowId, lake);
  const options = { workflowId, taskQueue, args: [{ all: true, seed: 1 }] };
  return (await client().workflow.execute(REBUILD_VERIFY_TYPE, options)) as RebuildResult;
}

const comparing = (changes: Partial<Comparison>) => {
  const equal = { missing: 0, extra: 0, different: 0, provenance: 0, examples: [] };
  const comparisons = [{ table: 'trusted.bureau', slots: null, rows: 3, rebuilt: 3, ...equal, ...changes }];
  return fakeLake({ readComparisons: async ({ manifest }) => ({ metricsUri: manifest, comparisons }) });
};

test.each(['missing', 'extra', 'different', 'provenance'] as const)('one row %s makes it different', async (kind) => {
  expect(await verify(comparing({ [kind]: 1 }))).toMatchObject({ equal: false });
});

test('without a difference it is equal, and neither asks for the lake nor writes to the ledger', async () => {
  const lake = comparing({});
  expect(await verify(lake)).toMatchObject({ equal: true, slots: ['20260105T090000Z', '20260105T210000Z'] });
  expect(lake.calls.map((call) => call.split(' ')[0])).toEqual([
    ...['writeRebuildManifest', 'startCluster', 'runStep', 'endCluster', 'readComparisons'],
  ]);
});

test('the cluster is ended when the step fails', async () => {
  const lake = fakeLake({
    async runStep() {
      throw ApplicationFailure.nonRetryable('the job failed', 'StepFailed');
    },
  });
  await expect(verify(lake)).rejects.toThrow();
  expect(lake.calls.at(-1)).toMatch(/^endCluster/);
});
