import { ApplicationFailure } from '@temporalio/common';
import type { LakeActivities } from '../../workflows/types.ts';
import { delivery, type FakeLake, fakeLake, gate, layer, opened, untilCancelled } from '../workflow/fake-lake.ts';

/** A kind of run worth a recorded history: its lake, and when it is cancelled, if ever. */
export type Kind = { name: string; lake: FakeLake; cancelWhen?: Promise<void>; afterwards?: () => void };

const failing = (type: string, message: string) => async () => {
  throw ApplicationFailure.create({ type, message });
};

function failingOnce<Result>(message: string, result: Result): () => Promise<Result> {
  let tried = false;
  return async () => {
    if (tried) return result;
    tried = true;
    throw ApplicationFailure.create({ message });
  };
}

/** The first cluster is gone while it works on trusted. */
function lostOnce(): LakeActivities['runStep'] {
  let lost = false;
  return async ({ step }) => {
    if (step === 'trusted' && !lost) {
      lost = true;
      throw ApplicationFailure.create({ type: 'ClusterLost', message: 'spot nodes were reclaimed' });
    }
    return { stepId: `s-${step}` };
  };
}

/** Every way a run can go. All of them ask for the lake by the `lock` that is given. */
export function kinds(lock: Pick<LakeActivities, 'enterLakeQueue' | 'awaitClosed'>): Kind[] {
  const lake = (changes: Partial<LakeActivities> = {}) => fakeLake({ ...changes, ...lock });
  const working = gate();
  const moving = gate();
  const cutRun = { run: 1, slot: '20260102T210000Z', attempt: 1, grant: 1, kind: 'scheduled' } as const;
  return [
    { name: 'published', lake: lake() },
    {
      name: 'published-with-refusals',
      lake: lake({ recordLayer: async ({ step }) => layer(step, { loaded: 1, refused: 1 }) }),
    },
    {
      name: 'published-unconfirmed',
      lake: lake({
        verifyPublication: async () => ({ confirmed: false, differences: ['trusted.bureau: Athena counts 3 of 4'] }),
      }),
    },
    { name: 'empty', lake: lake({ detectDelivery: async () => delivery({}) }) },
    {
      name: 'all-refused-by-raw',
      lake: lake({ recordLayer: async ({ step }) => layer(step, { loaded: 0, refused: 2 }) }),
    },
    {
      name: 'superseded',
      lake: lake({
        openRun: async (request) => opened(request, { decision: 'superseded', message: 'a newer slot is published' }),
      }),
    },
    {
      name: 'failed-audit',
      lake: lake({
        judge: async () => ({ passed: false, failures: ['trusted.bureau: 9 % are bad'], warnings: ['few rows'] }),
      }),
    },
    {
      name: 'retried-activity',
      lake: lake({ startCluster: failingOnce('EMR throttles', { clusterId: 'j-second-try' }) }),
    },
    { name: 'failed-step', lake: lake({ runStep: failing('StepFailed', 'a column is gone') }) },
    {
      name: 'lost-cluster',
      lake: lake({ runStep: lostOnce() }),
    },
    {
      name: 'cut-publication-completed',
      lake: lake({ openRun: async (request) => opened(request, { cut: { publication: 3, of: cutRun } }) }),
    },
    {
      name: 'cancelled',
      lake: lake({
        runStep: async () => {
          void working.wait();
          return untilCancelled();
        },
      }),
      cancelWhen: working.reached,
    },
    {
      name: 'cancelled-during-publication',
      lake: lake({
        runStep: async ({ step }) => {
          if (step === 'publish') await moving.wait();
          return { stepId: `s-${step}` };
        },
      }),
      cancelWhen: moving.reached,
      afterwards: moving.open,
    },
  ];
}
