import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { lockActivities } from '../../activities/lock.ts';
import type { BackfillQueue } from '../../workflows/backfill.ts';
import {
  ASK_BACKFILL,
  BACKFILL_QUEUE_ID,
  BACKFILL_QUEUE_TYPE,
  BACKFILLS,
  backfillId,
  CANCEL_BACKFILL,
} from '../../workflows/names.ts';
import type { LakeActivities } from '../../workflows/types.ts';
import { type FakeLake, fakeLake, gate, untilCancelled } from '../workflow/fake-lake.ts';

/** More requests than one history of the queue takes. */
const REQUESTS = 120;

/**
 * Backfills of every kind of end, one after the other, and a queue whose history is cut while one of them is played. `add`
 * is called for each with the name of its history.
 */
export async function playBackfills(
  client: Client,
  lakes: Map<string, FakeLake>,
  taskQueue: string,
  add: (name: string, workflowId: string, runId?: string) => Promise<void>,
): Promise<void> {
  const working = gate();
  const { awaitClosed, enterLakeQueue } = lockActivities();
  const children: [string, Partial<LakeActivities>][] = [
    ['backfill-published', {}],
    [
      'backfill-failed-audit',
      { judgeBackfill: async () => ({ passed: false, failures: ['rows are lost'], warnings: [] }) },
    ],
    ['backfill-unchanged', { nextReplay: async () => null }],
    [
      'backfill-cancelled',
      {
        // Its own step until it is cancelled, then the one that removes the branches.
        runStep: async ({ manifest }) => {
          if (manifest.endsWith('discard/manifest.json')) return { stepId: 's-discard' };
          await working.wait();
          return untilCancelled();
        },
      },
    ],
  ];
  for (const [index, [, changes]] of children.entries())
    lakes.set(backfillId(index + 1), fakeLake({ enterLakeQueue, ...changes }));
  lakes.set(BACKFILL_QUEUE_ID, fakeLake({ awaitClosed }));

  const queue = await client.workflow.start(BACKFILL_QUEUE_TYPE, { workflowId: BACKFILL_QUEUE_ID, taskQueue });
  for (const [reason] of children) await queue.signal(ASK_BACKFILL, { reason });
  working.open();
  await until(client, ({ playing, waiting }) => playing?.backfill === children.length && waiting.length === 0);
  for (let more = 0; more < REQUESTS; more += 1)
    await client.workflow
      .getHandle(BACKFILL_QUEUE_ID)
      .signal(ASK_BACKFILL, more % 2 === 0 ? { reason: 'how long?', dryRun: true } : null);
  await until(client, ({ unread }) => unread === 0);
  await client.workflow.getHandle(BACKFILL_QUEUE_ID).signal(CANCEL_BACKFILL, { backfill: children.length });
  await until(client, ({ playing }) => playing === null);
  for (const [index, [name]] of children.entries()) await add(name, backfillId(index + 1));
  await add('backfill-queue-continued-as-new', BACKFILL_QUEUE_ID, queue.firstExecutionRunId);
  await add('backfill-queue-after-continue-as-new', BACKFILL_QUEUE_ID);
}

async function until(client: Client, done: (state: BackfillQueue) => boolean): Promise<void> {
  // Of the newest run: the history may be cut meanwhile.
  while (!done(await client.workflow.getHandle(BACKFILL_QUEUE_ID).query<BackfillQueue>(BACKFILLS)))
    await setTimeout(100);
}
