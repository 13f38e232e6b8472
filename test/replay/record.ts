import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { lockActivities } from '../../activities/lock.ts';
import { temporalCli } from '../../infra/local/tools/temporal.ts';
import { temporalClient } from '../../workers/clients.ts';
import { readConfig } from '../../workers/config.ts';
import type { lakeLock } from '../../workflows/lake-lock.ts';
import {
  DATA_LAKE_RUN_TYPE,
  LAKE_LOCK_ID,
  LAKE_LOCK_TYPE,
  LAKE_STATE,
  REBUILD_VERIFY_ID,
  REBUILD_VERIFY_TYPE,
  REQUEST_LAKE,
} from '../../workflows/names.ts';
import { LAKE_OUTCOME, SCHEDULED_START } from '../../workflows/search-attributes.ts';
import type { LakeState } from '../../workflows/types.ts';
import { type FakeLake, fakeLake, fakeLakes, untilCancelled } from '../workflow/fake-lake.ts';
import { bundleWorkflows, localServer, startRun, startWorker } from '../workflow/temporal.ts';
import { addHistory } from './histories.ts';
import { type Kind, kinds } from './kinds.ts';
import { playBackfills } from './play-backfills.ts';
import { playMaintenances } from './play-maintenances.ts';

/**
 * Adds histories to `histories/`: `npm run histories:record` plays every kind of run; with `-- --stack <name>` it takes
 * them from that running stack. `-- --label <name>` goes before their names, for workflows that have changed since.
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
    await playManyGrants(server.client, lakes, taskQueue);
    await playRebuild(server.client, lakes, taskQueue);
    await playBackfills(server.client, lakes, taskQueue, (...of) => add(server.client, ...of));
    await playMaintenances(server.client, lakes, taskQueue, (...of) => add(server.client, ...of));
  } finally {
    await worker.stop();
    await server.teardown();
  }
}

/** More than the lock's 200 a run. */
const GRANTS = 203;

/** A lock that gives more grants than one history takes: it is continued as new, with holder and queue. */
async function playManyGrants(client: Client, lakes: Map<string, FakeLake>, taskQueue: string): Promise<void> {
  const workflowId = 'lake-lock-with-many-grants';
  let watched = 0;
  const awaitClosed = async () => {
    watched += 1;
    // The last is not closed, so that the second run has a holder.
    return watched === GRANTS ? untilCancelled() : 'completed';
  };
  lakes.set(workflowId, fakeLake({ awaitClosed }));
  const lock = await client.workflow.start<typeof lakeLock>(LAKE_LOCK_TYPE, { workflowId, taskQueue });
  for (let index = 1; index <= GRANTS; index += 1) {
    // Nobody works on this queue: these do nothing but be there, to be told.
    const requester = { workflowId: `requester-${index}`, taskQueue: 'nobody', args: [] as [] };
    const { firstExecutionRunId: runId } = await client.workflow.start(DATA_LAKE_RUN_TYPE, requester);
    await lock.signal(REQUEST_LAKE, { workflowId: requester.workflowId, runId });
  }
  let granted = 0;
  while (granted < GRANTS) {
    await setTimeout(200);
    granted = (await client.workflow.getHandle(workflowId).query<LakeState>(LAKE_STATE)).granted;
  }
  await add(client, 'lake-lock-continued-as-new', workflowId, lock.firstExecutionRunId);
  await add(client, 'lake-lock-after-continue-as-new', workflowId);
}

async function playRebuild(client: Client, lakes: Map<string, FakeLake>, taskQueue: string): Promise<void> {
  lakes.set(REBUILD_VERIFY_ID, fakeLake());
  const options = { workflowId: REBUILD_VERIFY_ID, taskQueue, args: [{ all: true, seed: 1 }] };
  await client.workflow.execute(REBUILD_VERIFY_TYPE, options);
  await add(client, 'rebuild-verify', REBUILD_VERIFY_ID);
}

await (values.stack ? takeFromStack(values.stack) : playAll());
