import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { temporalClient } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { REBUILD_VERIFY_ID, REBUILD_VERIFY_TYPE } from '../workflows/names.ts';
import type { RebuildRequest, RebuildResult } from '../workflows/types.ts';
import { printTable } from './table.ts';
import { RunProblem, watchRun } from './watch.ts';

type Options = { stack: string; verify?: boolean; all?: boolean; seed: number; json?: boolean };

/** Exit code 0 when all is equal, 1 when something differs or could not be compared. */
export async function rebuild({ stack, verify, all = false, seed, json }: Options): Promise<void> {
  if (!verify) throw new RunProblem('"podlake rebuild" only compares so far: say "podlake rebuild --verify".');
  const config = readConfig(stack);
  const client = await temporalClient(config);
  try {
    await client.workflow.start(REBUILD_VERIFY_TYPE, {
      workflowId: REBUILD_VERIFY_ID,
      taskQueue: config.temporal.taskQueue,
      args: [{ all, seed } satisfies RebuildRequest],
      staticSummary: 'What is published, computed anew from raw and compared',
    });
    const tell = (line: string) => (json ? console.error(line) : console.log(line));
    const result = await watchRun<RebuildResult>(client, REBUILD_VERIFY_ID, (line) => tell(`  ${line}`));
    if (json) console.log(JSON.stringify(result, null, 2));
    else print(result);
    if (!result.equal) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new RunProblem(`A verification is running already: ${REBUILD_VERIFY_ID} in the Temporal web UI.`);
  } finally {
    await client.connection.close();
  }
}

function print({ slot, slots, equal, expired = 0, comparisons, metricsUri }: RebuildResult): void {
  printTable(
    ['table', 'slots', 'rows', 'computed anew', 'missing', 'extra', 'different', 'other origin'],
    comparisons.map(({ table, slots, rows, rebuilt, missing, extra, different, provenance }) => [
      ...[table, slots, rows, rebuilt, missing, extra, different, provenance],
    ]),
  );
  for (const example of comparisons.flatMap(({ examples }) => examples)) console.log(example);
  console.log(
    `${equal ? 'Equal' : 'Different'}: trusted as of slot ${slot}, refined at ${slots.length} slots. All figures: ${metricsUri}`,
  );
  if (expired > 0)
    console.log(
      `Not among them can be ${expired} older slots: their snapshots are no longer kept (docs/operations.md, "Maintenance"). Their rows are in refined.`,
    );
}
