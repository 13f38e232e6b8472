import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RecordedHistory } from '../../workers/histories.ts';
import { failureSentence, replayFailures } from '../../workers/replay.ts';
import { bundleWorkflows } from '../workflow/temporal.ts';
import { recordedHistories } from './histories.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('recorded histories', () => {
  test('show every way in which a run can end, and the lock at its work', async () => {
    const names = (await recordedHistories()).map(({ workflowId }) => workflowId);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['published', 'published-with-refusals', 'published-unconfirmed', 'empty', 'superseded'],
        ...['failed-audit', 'failed-step', 'cancelled', 'cancelled-during-publication'],
        ...['cut-publication-completed', 'retried-activity', 'rebuild-verify', 'lost-cluster'],
        ...['backfill-published', 'backfill-failed-audit', 'backfill-unchanged', 'backfill-cancelled'],
        ...['backfill-queue-continued-as-new', 'backfill-queue-after-continue-as-new'],
        ...['maintenance-nothing-found', 'maintenance-swept', 'maintenance-weekly', 'maintenance-nothing-to-do'],
        ...['maintenance-cut-publication', 'maintenance-no-run-yet', 'maintenance-cancelled', 'maintenance-failed'],
        ...['lake-lock-with-a-queue', 'lake-lock-continued-as-new', 'lake-lock-after-continue-as-new'],
      ]),
    );
  });

  test('are what their names say, of the retry and of the lock that was continued as new', async () => {
    const recorded = new Map(
      (await recordedHistories()).map(({ workflowId, history }) => [workflowId, history.events]),
    );
    const text = JSON.stringify(recorded.get('retried-activity'));
    expect(text).toMatch(/"attempt":2,"lastFailure":\{"message":"EMR throttles"/);
    const continued = 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW';
    expect(recorded.get('lake-lock-continued-as-new')?.at(-1)?.eventType).toBe(continued);
    expect(JSON.stringify(recorded.get('lake-lock-after-continue-as-new')?.[0])).toMatch(/"continuedExecutionRunId"/);
  });

  test('all replay with the workflows as they are now', async () => {
    const failed = await replayFailures(await bundleWorkflows(), await recordedHistories());
    expect(failed.map(failureSentence)).toEqual([]);
  });
});

describe('workflow code whose activities are in another order', () => {
  let reordered: WorkflowBundle;
  beforeAll(async () => {
    reordered = await bundleReordered();
  });

  test('does not replay a run that came so far, and history and event are named', async () => {
    const name = 'published-with-refusals';
    const histories = (await recordedHistories()).filter(({ workflowId }) => workflowId === name);
    const event = scheduledEvents(histories[0]).find(({ activity }) => activity === 'prepareCatalogue')?.event;
    expect((await replayFailures(reordered, histories)).map(failureSentence)).toEqual([
      `${name} does not replay at event ${event} (ActivityTaskScheduled prepareCatalogue): Activity type of scheduled event ` +
        `'prepareCatalogue' does not match activity type of activity command 'startCluster'`,
    ]);
  });

  test('is caught by each history in which the activities come, and by no other', async () => {
    const histories = await recordedHistories();
    const affected = histories.filter((recorded) =>
      scheduledEvents(recorded).some(({ activity }) => activity === 'prepareCatalogue'),
    );
    const failed = (await replayFailures(reordered, histories)).map(({ history }) => history);
    expect(failed.sort()).toEqual(affected.map(({ workflowId }) => workflowId).sort());
    // A replay that fails costs a second on a busy machine, and there are dozens of histories.
  }, 180_000);
});

test('of an activity that a run calls once for each layer, the call that parts is named', async () => {
  const name = 'published';
  const histories = (await recordedHistories()).filter(({ workflowId }) => workflowId === name);
  const manifests = scheduledEvents(histories[0]).filter(({ activity }) => activity === 'writeManifest');
  const changed = await bundleChanged((source) =>
    source.replace(
      /( +const \{ manifest \} = )/,
      "  if (name === 'refined') await lake.judge('too early', context);\n$1",
    ),
  );
  const [failure] = await replayFailures(changed, histories);
  expect(failure).toMatchObject({ history: name, event: manifests[2]?.event });
});

function scheduledEvents(recorded: RecordedHistory | undefined): { event: number; activity: string }[] {
  return (recorded?.history.events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled ? [{ event: Number(eventId), activity: scheduled.activityType.name }] : [],
  );
}

/** The workflows with the cluster started before the catalogue is prepared. */
const bundleReordered = () =>
  bundleChanged((source) =>
    source.replace(/( +await lake\.prepareCatalogue\(.*\n)([\s\S]*?await startCluster\(.*\n)/, '$2$1'),
  );

/** A copy of the workflows of which the run's code is changed. */
async function bundleChanged(change: (source: string) => string): Promise<WorkflowBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'changed-'));
  try {
    await cp(join(ROOT, 'workflows'), join(folder, 'workflows'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const file = join(folder, 'workflows', 'data-lake-run.ts');
    const source = await readFile(file, 'utf8');
    const changed = change(source);
    expect(changed).not.toBe(source);
    await writeFile(file, changed);
    return await bundleWorkflows(join(folder, 'workflows', 'index.ts'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
