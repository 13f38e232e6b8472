// How far a run is, learned from what it leaves behind, for whatever process may be dead at the moment.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { slotOf } from '../../workflows/slot.ts';
import { workflowIdOf } from '../integration/runs.ts';
import type { Stack } from '../integration/stack.ts';
import { until } from './processes.ts';
import { endOf, isClosed } from './run.ts';

export const STAGES = ['detect', 'cluster', 'raw', 'trusted', 'refined', 'publish', 'glue', 'close'] as const;
export type Stage = (typeof STAGES)[number];

/** The stages at which Spark works. */
export const STEPS = ['raw', 'trusted', 'refined', 'publish'] as const;
type Step = (typeof STEPS)[number];
export const isStep = (stage: Stage): stage is Step => (STEPS as readonly string[]).includes(stage);

/** The activity whose scheduling begins a stage that is no step. Closing takes no time: what comes right before it counts too. */
const ACTIVITY: Record<Exclude<Stage, Step>, string> = {
  detect: 'detectDelivery',
  cluster: 'startCluster',
  glue: 'updateCatalogue',
  close: 'confirmPublication',
};

/** Resolves when the run of the slot is in the middle of the stage. @throws when the run ends without being seen there */
export async function reached(stack: Stack, slot: Date, stage: Stage): Promise<void> {
  const there = isStep(stage)
    ? async () => spark(stack, slot, stage).some(({ state }) => state === 'running')
    : () => scheduled(stack, slot, ACTIVITY[stage]);
  const what = `the run of ${slotOf(slot)} is at ${stage}`;
  await until(async () => (await there()) || isClosed(stack, slot), what, 240_000);
  if ((await there()) || !(await isClosed(stack, slot))) return;
  throw new Error(`never seen: ${what}; it ended: ${(await endOf(stack, slot)).message}`);
}

type Progress = { tables: { table: string; state: string }[] };

/** What the step told of its tables, read from S3's folder on disk; nothing before it told anything. */
function spark(stack: Stack, slot: Date, step: Step): Progress['tables'] {
  const folder = join(stack.folder, 's3', `${stack.config.bucketPrefix}-controle`, 'runs', `slot=${slotOf(slot)}`);
  const file = join(folder, 'attempt=1', step, 'progress.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Progress).tables : [];
}

async function scheduled(stack: Stack, slot: Date, activity: string): Promise<boolean> {
  const { events } = await stack.temporal.workflow.getHandle(workflowIdOf(slot)).fetchHistory();
  return (events ?? []).some((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity);
}
