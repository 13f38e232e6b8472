import { join } from 'node:path';
import { type Client, ScheduleOverlapPolicy } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import * as publications from '../control-db/queries/publications.ts';
import { planDelivery } from '../infra/local/source/delivery.ts';
import { bucketSink, dateFiles, writeDelivery } from '../infra/local/source/sinks.ts';
import type { Stack } from '../infra/local/stack/index.ts';
import type { Report } from '../infra/local/tools/index.ts';
import { awsClients, postgresPool, temporalClient } from '../workers/clients.ts';
import { bucketName, type Config, readConfig } from '../workers/config.ts';
import { applySchedule, timesAfter } from '../workers/schedule.ts';
import { DATA_LAKE_RUN_TYPE, RUN_ID_PREFIX, SCHEDULE_ID } from '../workflows/names.ts';
import { slotOf } from '../workflows/slot.ts';
import { summarise } from './demo-summary.ts';
import { refuseAws } from './local-only.ts';
import { startWhole, whenToStop } from './up.ts';
import { RunProblem, watchRun } from './watch.ts';

export type DemoOptions = { stack: string; exit?: boolean; scale: number; seed: number };

const SLOTS = 2;
/** The demonstration's first slot is the first one after this: Monday, 5 January 2026, 06:00 in São Paulo. */
const BEFORE_THE_FIRST_SLOT = new Date('2026-01-05T00:00:00Z');
/** How long before its slot a file of the demonstration arrived. */
const ARRIVES_BEFORE_MS = 45 * 60_000;

export async function demo(options: DemoOptions): Promise<void> {
  refuseAws('demo');
  const started = Date.now();
  const report: Report = (line) =>
    console.log(`[${String(Math.round((Date.now() - started) / 1000)).padStart(3)} s] ${line}`);
  const stack = await startWhole({ name: options.stack, report, worker: true });
  const stopped = whenToStop(stack, report).then(() => 'stopped' as const);
  try {
    const ended = await Promise.race([stopped, runSlots(options, stack, report)]);
    if (ended === 'stopped') process.exitCode = 1;
    else if (!options.exit) {
      console.log('\nThe stack stays up until Ctrl-C.');
      await stopped;
    }
  } finally {
    await stack.stop(report);
  }
  // A run that was being watched when the stack stopped would keep this process waiting.
  process.exit();
}

async function runSlots(options: DemoOptions, stack: Stack, report: Report): Promise<void> {
  const config = readConfig(options.stack);
  const client = await temporalClient(config);
  const database = postgresPool(config);
  try {
    const { outcome: applied } = await applySchedule(client, config.temporal.taskQueue, new Date());
    report(`schedule ${SCHEDULE_ID}: ${applied}`);
    await untilQuiet(client, report);
    const last = (await publications.lastPublishedSlot(database)) ?? BEFORE_THE_FIRST_SLOT;
    const slots = await timesAfter(client, last, SLOTS);
    const before = await publications.countPublications(database);
    for (const [index, slot] of slots.entries()) await deliver(config, stack, options, slot, before + index, report);
    const since = new Date();
    await backfill(client, slots);
    for (const slot of slots) await watchSlot(client, slot, since, report);
    await summarise({ config, database, stack, slots });
  } finally {
    await Promise.all([client.connection.close(), database.end()]);
  }
}

/** A run that was under way when the stack stopped goes on now, and may publish a slot: the next slots follow on that. */
async function untilQuiet(client: Client, report: Report): Promise<void> {
  for (let told = false; ; told = true) {
    const { raw, info } = await client.schedule.getHandle(SCHEDULE_ID).describe();
    const { count } = await client.workflow.count(
      `WorkflowType = '${DATA_LAKE_RUN_TYPE}' AND ExecutionStatus = 'Running'`,
    );
    if (count === 0 && info.runningActions.length === 0 && Number(raw.info?.bufferSize ?? 0) === 0) return;
    if (!told) report('waiting for the run that was under way when the stack stopped');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** The bank's systems drop the files of a slot; on the local S3 they are dated before it. */
async function deliver(
  config: Config,
  stack: Stack,
  options: DemoOptions,
  slot: Date,
  slotNumber: number,
  report: Report,
): Promise<void> {
  const { scale, seed } = options;
  const files = planDelivery({ slotNumber, scale, seed, dateLabel: slotOf(slot) });
  const landing = bucketName(config, 'landing');
  const { rows, bytes } = await writeDelivery(files, bucketSink(awsClients(config).s3, landing));
  const keys = files.map((file) => file.key);
  await dateFiles(join(stack.folder, 's3', landing), keys, new Date(slot.getTime() - ARRIVES_BEFORE_MS));
  report(
    `generated the delivery of slot ${slotOf(slot)}: ${files.length} files, ${rows.toLocaleString('en-US')} rows, ${(bytes / 1e6).toFixed(1)} MB`,
  );
}

/** One backfill of the schedule starts a run for each slot, in order; it works while the schedule is paused. */
async function backfill(client: Client, slots: Date[]): Promise<void> {
  const [first, last] = [slots[0], slots.at(-1)];
  if (!first || !last) throw new Error(`the schedule ${SCHEDULE_ID} has no time to run at`);
  await client.schedule.getHandle(SCHEDULE_ID).backfill({
    start: new Date(first.getTime() - 1000),
    end: new Date(last.getTime() + 1000),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
}

async function watchSlot(client: Client, slot: Date, since: Date, report: Report): Promise<void> {
  const workflowId = `${RUN_ID_PREFIX}-${slot.toISOString().slice(0, 19)}Z`;
  await untilStarted(client, workflowId, since);
  report(`slot ${slotOf(slot)}: the schedule started ${workflowId}`);
  const result = await watchRun(client, workflowId, (line) => report(`  ${line}`));
  report(`slot ${slotOf(slot)}: ${result.outcome}, ${result.message}`);
  if (!result.outcome.startsWith('published')) {
    throw new RunProblem(`slot ${slotOf(slot)} ended as ${result.outcome}: ${result.message}`);
  }
}

/** A slot that failed before has a run of the same id already: the one that is waited for started since. */
async function untilStarted(client: Client, workflowId: string, since: Date): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await client.workflow
      .getHandle(workflowId)
      .describe()
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      });
    if (found && found.startTime >= since) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new RunProblem(
    `The schedule did not start ${workflowId} within two minutes. "podlake doctor" says whether everything runs.`,
  );
}
