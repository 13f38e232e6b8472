import type pg from 'pg';
import { listFiles } from '../control-db/queries/ledger.ts';
import { lastPublishedSlot } from '../control-db/queries/publications.ts';
import { postgresPool, temporalClient } from '../workers/clients.ts';
import { type Config, readConfig } from '../workers/config.ts';
import { RUN_DETAILS } from '../workers/run-details.ts';
import { DATA_LAKE_RUN_TYPE, RUN_ID_PREFIX } from '../workflows/names.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type { Layer, Slot } from '../workflows/types.ts';
import { signalAndTell } from './backfill.ts';
import { RunProblem, watchRun } from './watch.ts';

type Options = { stack: string; wait: boolean; json?: boolean; slot?: Slot; layer?: Layer };

export const RUN_HELP = `
With --slot and --layer a slot that failed or was cancelled is taken up from that layer on, with what the layers before it left.
A slot that is published, or older than the last published one, is left as it is: that is a backfill's task.`;

export async function run({ slot, layer, ...options }: Options): Promise<void> {
  if (slot === undefined && layer === undefined) return runNow(options);
  if (slot === undefined || layer === undefined)
    throw new RunProblem('Say both, --slot and --layer, such as: podlake run --slot 20260107T210000Z --layer trusted');
  const config = readConfig(options.stack);
  const database = postgresPool(config);
  try {
    await takeUp(config, database, slot, layer, options);
  } finally {
    await database.end();
  }
}

async function runNow(options: Pick<Options, 'stack' | 'wait' | 'json'>): Promise<void> {
  const config = readConfig(options.stack);
  const client = await temporalClient(config);
  try {
    const workflowId = `${RUN_ID_PREFIX}-manual-${new Date().toISOString().slice(0, 19)}Z`;
    await client.workflow.start(DATA_LAKE_RUN_TYPE, {
      workflowId,
      taskQueue: config.temporal.taskQueue,
      staticSummary: 'A run started by hand: it takes all that has arrived',
      staticDetails: RUN_DETAILS,
    });
    const tell = (line: string) => (options.json ? console.error(line) : console.log(line));
    tell(`started ${workflowId}`);
    if (!options.wait) return options.json ? console.log(JSON.stringify({ workflowId })) : undefined;
    const result = await watchRun(client, workflowId, (line) => tell(`  ${line}`));
    console.log(options.json ? JSON.stringify(result, null, 2) : `${result.outcome}: ${result.message}`);
  } finally {
    await client.connection.close();
  }
}

/** Loads what a slot's failed or cancelled run has left in that very slot. @throws RunProblem where that is not to be done. */
async function takeUp(
  config: Config,
  database: pg.Pool,
  slot: Slot,
  layer: Layer,
  { wait, json }: Pick<Options, 'wait' | 'json'>,
): Promise<void> {
  const newest = await lastPublishedSlot(database);
  if (newest !== null && slotOf(newest) >= slot)
    throw new RunProblem(
      `Nothing was changed: slot ${slot} is ${slotOf(newest) === slot ? 'published' : `older than the last published one, ${slotOf(newest)}`}. ` +
        `To compute it again: podlake backfill --from ${slot} --layer ${layer} --reason "..."`,
    );
  const of = { slot: new Date(instantOf(slot)) };
  const left = [
    ...(await listFiles(database, { ...of, outcome: 'held' }, 100_000)),
    ...(await listFiles(database, { ...of, outcome: 'given_back' }, 100_000)),
  ].map(({ file }) => file);
  if (left.length === 0)
    throw new RunProblem(
      `Nothing was changed: no file of slot ${slot} is held or given back. "podlake files list" shows all.`,
    );
  const from = layer === 'raw' ? 'raw' : 'trusted';
  if (layer === 'refined' && !json)
    console.log(
      'Nothing of this slot is published, so that trusted is folded again before its indicators are computed.',
    );
  const request = { from: slot, layer: from, release: left, reason: `podlake run --slot ${slot} --layer ${layer}` };
  await signalAndTell(config, request, { wait, json: json ?? false });
}
