import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Report } from '../infra/local/tools/index.ts';
import { rootCause } from '../workflows/causes.ts';
import type { RunResult, StepProgress } from '../workflows/types.ts';

/** What a person is told while an activity runs; those that take no time are left out. */
const DOING: Record<string, string> = {
  enterLakeQueue: 'waiting for the lake',
  detectDelivery: 'finding, checking and claiming the files of the delivery',
  startCluster: 'starting the EMR cluster',
  writeRebuildManifest: 'pinning what is published',
  updateCatalogue: 'updating the Glue catalogue',
  verifyPublication: 'verifying in Athena what readers see',
};

/** A run that ended badly, with the cause that lies deepest. */
export class RunProblem extends Error {
  override readonly name = 'RunProblem';
}

/** Tells what a run does as it happens, and returns its result. @throws RunProblem when the run fails. */
export async function watchRun<Result = RunResult>(
  client: Client,
  workflowId: string,
  report: Report,
): Promise<Result> {
  const handle = client.workflow.getHandle(workflowId);
  const told = new Set<string>();
  const tell = (line: string) => {
    if (told.has(line)) return;
    told.add(line);
    report(line);
  };
  let done = false;
  const result = (handle.result() as Promise<Result>).finally(() => {
    done = true;
  });
  result.catch(() => undefined);
  while (!done) {
    const { raw } = await handle.describe();
    for (const activity of raw.pendingActivities ?? []) {
      const name = activity.activityType?.name ?? '';
      if (DOING[name]) tell(DOING[name]);
      if ((activity.attempt ?? 1) > 1)
        tell(
          `${name}: attempt ${activity.attempt}, because ${activity.lastFailure?.message ?? 'the one before stopped'}`,
        );
      const [payload] = activity.heartbeatDetails?.payloads ?? [];
      if (name === 'runStep' && payload)
        for (const line of stepLines(defaultPayloadConverter.fromPayload<StepProgress>(payload))) tell(line);
    }
    await Promise.race([result.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 500))]);
  }
  try {
    return await result;
  } catch (error) {
    throw new RunProblem(
      `${workflowId} failed: ${rootCause(error)}. "podlake runs" lists it; the Temporal web UI tells its story.`,
    );
  }
}

function stepLines({ layer, state, tables }: StepProgress): string[] {
  const lines = [`layer ${layer}: ${state === 'PENDING' ? 'the step waits for the cluster' : 'Spark is starting'}`];
  for (const table of tables) {
    const rows = table.rows === null ? '' : `${count(table.rows)} rows`;
    if (table.state === 'running') lines.push(`layer ${layer}: ${table.table}${rows && ` (${rows} so far)`}`);
    if (table.state === 'done')
      lines.push(`layer ${layer}: ${table.table} done${rows && `, ${rows}`} in ${table.seconds} s`);
    if (table.state === 'failed') lines.push(`layer ${layer}: ${table.table} failed`);
  }
  return lines;
}

const count = (value: number) => value.toLocaleString('en-US');
