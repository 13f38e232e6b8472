import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { lockActivities } from '../../activities/lock.ts';
import { temporalCli } from '../../infra/local/tools/temporal.ts';
import { temporalClient } from '../../workers/clients.ts';
import { readConfig } from '../../workers/config.ts';
import { DATA_LAKE_RUN_TYPE, LAKE_LOCK_ID, LAKE_LOCK_TYPE } from '../../workflows/names.ts';
import { LAKE_OUTCOME, SCHEDULED_START } from '../../workflows/search-attributes.ts';
import { fakeLake, fakeLakes } from '../workflow/fake-lake.ts';
import { bundleWorkflows, localServer, startRun, startWorker } from '../workflow/temporal.ts';
import { addHistory } from './histories.ts';
import { type Kind, kinds } from './kinds.ts';

/**
 * Adds histories to `histories/`: `node test/replay/record.ts` plays every kind of run; with `--stack <name>` it takes
 * them from that running stack. `--label <name>` goes before their names, for workflows that have changed since.
 */
const { values } = parseArgs({ options: { stack: { type: 'string' }, label: { type: 'string' } } });
const named = (name: string) => (values.label ? `${values.label}-${name}` : name);

async function add(client: Client, name: string, workflowId: string, runId?: string): Promise<void> {
  const added = await addHistory(named(name), client.workflow.getHandle(workflowId, runId));
  console.log(`${added ? 'added' : 'is there already'}: ${named(name)}`);
}

/** The newest run of each outcome that a stack has, and its lock. */
async function takeFromStack(stack: string): Promise<void> {
  const client = await temporalClient(readConfig(stack));
  const taken = new Set<string>();
  const query = `WorkflowType IN ('${DATA_LAKE_RUN_TYPE}', '${LAKE_LOCK_TYPE}')`;
  for await (const found of client.workflow.list({ query })) {
    const outcome = found.typedSearchAttributes.get(LAKE_OUTCOME) ?? found.status.name.toLowerCase();
    const name = `stack-${found.type === LAKE_LOCK_TYPE ? 'lake-lock' : outcome.replaceAll('_', '-')}`;
    if (taken.has(name)) continue;
    taken.add(name);
    await add(client, name, found.workflowId, found.runId);
  }
  await client.connection.close();
}

/** Plays every kind on a development server of its own: the real workflows and lock, fakes for the rest of the lake. */
async function playAll(): Promise<void> {
  process.env['PODLAKE_TEMPORAL'] ??= await temporalCli((line) => console.log(line));
  const [server, workflowBundle] = await Promise.all([localServer(), bundleWorkflows()]);
  const { activities, lakes } = fakeLakes();
  const taskQueue = 'pod-bank-data-lake';
  const worker = await startWorker({ server, workflowBundle }, activities, taskQueue);
  const lock = lockActivities();
  lakes.set(LAKE_LOCK_ID, fakeLake(lock));
  const play = async ({ name, lake, cancelWhen, afterwards }: Kind, index: number) => {
    const nominal = new Date(Date.UTC(2026, 0, 5 + index, 9));
    const workflowId = `data-lake-run-${nominal.toISOString().replace('.000', '')}`;
    lakes.set(workflowId, lake);
    const typedSearchAttributes = new TypedSearchAttributes([{ key: SCHEDULED_START, value: nominal }]);
    const handle = await startRun(server.client, { workflowId, taskQueue, typedSearchAttributes });
    if (cancelWhen) await cancelWhen.then(() => handle.cancel());
    afterwards?.();
    await handle.result().catch(() => undefined);
    await add(server.client, name, workflowId);
  };
  try {
    // All at once, so that they queue for the lake.
    await Promise.all(kinds(lock).map(play));
    await add(server.client, 'lake-lock-with-a-queue', LAKE_LOCK_ID);
  } finally {
    await worker.stop();
    await server.teardown();
  }
}

await (values.stack ? takeFromStack(values.stack) : playAll());
