import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import { bundleWorkflows } from '../workflow/temporal.ts';
import { type RecordedHistory, recordedHistories } from './histories.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What does not replay: the history's name and why. */
async function failures(workflowBundle: WorkflowBundle, histories: RecordedHistory[]): Promise<Map<string, Error>> {
  const failed = new Map<string, Error>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
    if (error) failed.set(workflowId, error);
  return failed;
}

describe('recorded histories', () => {
  test('show every way in which a run can end', async () => {
    const names = (await recordedHistories()).map(({ workflowId }) => workflowId);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['published', 'published-with-refusals', 'published-unconfirmed', 'empty', 'superseded'],
        ...['failed-audit', 'failed-step', 'cancelled', 'cancelled-during-publication'],
        ...['cut-publication-completed', 'lake-lock-with-a-queue'],
      ]),
    );
  });

  test('all replay with the workflows as they are now', async () => {
    const failed = await failures(await bundleWorkflows(), await recordedHistories());
    expect([...failed].map(([name, error]) => `${name}: ${error.message}`)).toEqual([]);
  });

  test('do not replay with two activities in another order, and what fails is named', async () => {
    const histories = await recordedHistories();
    const failed = await failures(await bundleReordered(), histories);
    const affected = histories.filter(({ history }) =>
      history.events.some(
        ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name === 'prepareCatalogue',
      ),
    );
    expect([...failed.keys()].sort()).toEqual(affected.map(({ workflowId }) => workflowId).sort());
    for (const error of failed.values()) expect(error).toBeInstanceOf(DeterminismViolationError);
  });
});

/** The workflows with the cluster started before the catalogue is prepared. */
async function bundleReordered(): Promise<WorkflowBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'reordered-'));
  try {
    await cp(join(ROOT, 'workflows'), join(folder, 'workflows'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const file = join(folder, 'workflows', 'data-lake-run.ts');
    const source = await readFile(file, 'utf8');
    const swapped = source.replace(
      /( +await lake\.prepareCatalogue\(.*\n)([\s\S]*?await lake\.startCluster\(.*\n)/,
      '$2$1',
    );
    expect(swapped).not.toBe(source);
    await writeFile(file, swapped);
    return await bundleWorkflows(join(folder, 'workflows', 'index.ts'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
