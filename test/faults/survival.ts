// What must hold once a run has ended, whatever died while it ran.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GetTablesCommand } from '@aws-sdk/client-glue';
import { expect } from 'vitest';
import { getJson } from '../../activities/places.ts';
import { LAKE_LOCK_ID, LAKE_STATE } from '../../workflows/names.ts';
import type { DroppedFile } from '../integration/deliveries.ts';
import { clustersOf, entriesOf, keysInLanding, unbalanced } from '../integration/ledger.ts';
import type { Stack } from '../integration/stack.ts';
import { stepPids, until } from './processes.ts';
import { STEPS } from './stages.ts';
import { processesOf, recordOf } from './what-runs.ts';

/**
 * One publication, each file accepted once, one cluster, and of each kind of step one that completed. The steps in `lost`
 * (their process was killed) may have a first try that failed.
 */
export async function expectSurvived(
  stack: Stack,
  slot: Date,
  files: DroppedFile[],
  lost: ReadonlySet<string>,
): Promise<void> {
  await until(() => answers(stack), 'every part answers again');
  const runs = await stack.control(
    `select state, count(publication)::int as publications, count(confirmed_at)::int as confirmed
     from run left join publication using (run) where run.slot = $1 group by run, state`,
    slot,
  );
  expect(runs).toEqual([{ state: 'published', publications: 1, confirmed: 1 }]);
  const accepted = files.map(({ key }) => ({ key, outcome: 'accepted', reason: null }));
  expect(await entriesOf(stack, slot)).toEqual(accepted.sort((a, b) => (a.key < b.key ? -1 : 1)));
  expect(await unbalanced(stack)).toEqual([]);

  const states = async () => (await clustersOf(stack, slot)).map(({ state }) => state);
  await expect.poll(states, { timeout: 30_000 }).toEqual(['TERMINATED']);
  const steps = (await clustersOf(stack, slot)).flatMap((cluster) => cluster.steps);
  const of = (kind: string, state: string) =>
    steps.filter((step) => step.name.includes(` ${kind} `) && step.state === state).length;
  for (const kind of STEPS) {
    expect(of(kind, 'COMPLETED'), kind).toBe(1);
    expect(of(kind, 'FAILED'), kind).toBeLessThanOrEqual(lost.has(kind) ? 1 : 0);
  }
  expect(steps.filter(({ state }) => !['COMPLETED', 'FAILED'].includes(state))).toEqual([]);
  await expectNothingLeftOver(stack);
}

async function answers(stack: Stack): Promise<boolean> {
  await Promise.all([stack.control('select 1'), keysInLanding(stack), clustersOf(stack, new Date())]);
  return true;
}

async function expectNothingLeftOver(stack: Stack): Promise<void> {
  expect(await keysInLanding(stack)).toEqual([]);
  await expect.poll(() => stepPids(stack), { timeout: 10_000 }).toEqual([]);
  // Of each part one process, the recorded one: a second worker or S3 would be a second writer, and would stay. The part
  // that was killed last may be starting still.
  const programs = () => processesOf(stack.name).filter((words) => !/^(postgres:|sh -c )/.test(words));
  const surplus = () => programs().length - recordOf(stack.name).parts.length;
  await expect.poll(surplus, { timeout: 30_000 }).toBe(0);
  expect(await branches(stack)).toEqual([]);
  expect(temporaryObjects(stack)).toEqual([]);
  const lock = () => stack.temporal.workflow.getHandle(LAKE_LOCK_ID).query(LAKE_STATE);
  await expect.poll(lock, { timeout: 30_000 }).toMatchObject({ holder: null, queue: [] });
}

type IcebergMetadata = { refs?: Record<string, { type: string }> };

/** Branches of Iceberg tables other than main. */
async function branches(stack: Stack): Promise<string[]> {
  const found: string[] = [];
  for (const DatabaseName of ['trusted', 'refined']) {
    const { TableList = [] } = await stack.aws.glue.send(new GetTablesCommand({ DatabaseName }));
    for (const { Name, Parameters } of TableList) {
      const location = Parameters?.['metadata_location'];
      const metadata = location ? await getJson<IcebergMetadata>(stack.aws.s3, location) : null;
      for (const [ref, { type }] of Object.entries(metadata?.refs ?? {}))
        if (type === 'branch' && ref !== 'main') found.push(`${DatabaseName}.${Name} ${ref}`);
    }
  }
  return found;
}

/** Files that S3 or Spark had begun to write and nobody will finish. */
function temporaryObjects(stack: Stack): string[] {
  const names = readdirSync(join(stack.folder, 's3'), { recursive: true, encoding: 'utf8', withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && /\/(_temporary|\.sgwtmp)\b/.test(`${entry.parentPath}/`))
    .map(({ parentPath, name }) => join(parentPath, name));
}
