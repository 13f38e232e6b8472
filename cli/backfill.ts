import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type pg from 'pg';
import { type BackfillRow, byId, list, read } from '../control-db/queries/backfills.ts';
import { postgresPool, temporalClient } from '../workers/clients.ts';
import { type Config, readConfig } from '../workers/config.ts';
import type { BackfillQueue } from '../workflows/backfill.ts';
import {
  ASK_BACKFILL,
  BACKFILL_QUEUE_ID,
  BACKFILL_QUEUE_TYPE,
  BACKFILLS,
  backfillId,
  CANCEL_BACKFILL,
} from '../workflows/names.ts';
import type { BackfillPlan, BackfillRequest } from '../workflows/types.ts';
import { printTable } from './table.ts';
import { RunProblem } from './watch.ts';

type Asked = {
  stack: string;
  from?: string;
  to?: string;
  layer?: BackfillRequest['layer'];
  tables?: string[];
  reason?: string;
  dryRun?: boolean;
  wait?: boolean;
  json?: boolean;
};

export const BACKFILL_HELP = `
Slots are played again from what is kept: trusted always to the newest published slot, as each builds on the one before it;
indicators alone (--layer refined) to any slot. What is computed from a table is played with it. Readers see the old data until
all is done, and runs of the schedule go on meanwhile. Without Temporal's client the same is
  temporal workflow signal --workflow-id ${BACKFILL_QUEUE_ID} --name ${ASK_BACKFILL} --input '{"from": "20260105T090000Z", "reason": "…"}'
`;

/** Asks for a backfill. Exit code 1 when it is rejected or, waited for, does not end well. */
export async function askBackfill({ stack, wait, json, ...asked }: Asked): Promise<void> {
  const request = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  await signalAndTell(readConfig(stack), request, { wait: wait ?? false, json: json ?? false });
}

/** Sends a request to the queue, says what became of it, and waits for its end if asked to. */
export async function signalAndTell(
  config: Config,
  request: Record<string, unknown>,
  { wait, json }: { wait: boolean; json: boolean },
): Promise<void> {
  const client = await temporalClient(config);
  const database = postgresPool(config);
  const tell = (line: string) => (json ? console.error(line) : console.log(line));
  try {
    const id = crypto.randomUUID();
    await client.workflow.signalWithStart(BACKFILL_QUEUE_TYPE, {
      workflowId: BACKFILL_QUEUE_ID,
      taskQueue: config.temporal.taskQueue,
      signal: ASK_BACKFILL,
      signalArgs: [{ ...request, id }],
    });
    let row = await answered(database, id, tell);
    if (row.state === 'rejected') throw new RunProblem(`Backfill ${row.backfill} was rejected: ${row.message}`);
    if (!json) printPlan(row);
    if (row.state !== 'planned' && wait) {
      row = await untilEnded(client, database, row.backfill, tell);
      tell(`backfill ${row.backfill}: ${row.state}: ${row.message}`);
      if (row.state !== 'published' && row.state !== 'unchanged') process.exitCode = 1;
    } else if (row.state !== 'planned') {
      tell(`"podlake backfill list" shows how it goes on, "podlake backfill cancel ${row.backfill}" stops it.`);
    }
    if (json) console.log(JSON.stringify(row, null, 2));
  } finally {
    await Promise.all([client.connection.close(), database.end()]);
  }
}

type Tell = (line: string) => void;

/** What the queue made of the request: the signal is safe with the server, so that only patience is needed. */
async function answered(database: pg.Pool, id: string, tell: Tell): Promise<BackfillRow> {
  for (let tries = 0; ; tries += 1) {
    const row = await byId(database, id);
    if (row && (row.plan !== null || row.closedAt !== null)) return row;
    if (tries === 40)
      tell('no worker has answered yet; the request is kept and will be looked at. "podlake doctor" says what runs.');
    await pause(250);
  }
}

async function untilEnded(client: Client, database: pg.Pool, backfill: number, tell: Tell): Promise<BackfillRow> {
  const told = new Set<string>();
  for (;;) {
    const row = await read(database, backfill);
    if (row.closedAt !== null) {
      // Readers see it already; that Athena confirms it is said by the end of its workflow, of which the row tells then.
      await client.workflow
        .getHandle(backfillId(backfill))
        .result()
        .catch(() => undefined);
      return read(database, backfill);
    }
    const line = await stageOf(client, backfill);
    if (line !== null && !told.has(line)) tell(`  ${line}`);
    if (line !== null) told.add(line);
    await pause(500);
  }
}

async function stageOf(client: Client, backfill: number): Promise<string | null> {
  const { playing } = await queueState(client);
  if (playing === null) return null;
  if (playing.backfill !== backfill) return `waiting for backfill ${playing.backfill}`;
  const { progress } = playing;
  if (progress === null) return null;
  const { stage, done, total } = progress;
  return total === 0 ? stage : `${stage} (${done} of ${total} slots done)`;
}

const queueState = (client: Client) => client.workflow.getHandle(BACKFILL_QUEUE_ID).query<BackfillQueue>(BACKFILLS);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function printPlan({ backfill, state, plan: whole }: BackfillRow): void {
  const plan = whole as BackfillPlan | null;
  if (!plan) return;
  const { layer, slots, trusted, refined, lookingBack, to, newest, release, rows, estimatedSeconds } = plan;
  console.log(
    `backfill ${backfill}${state === 'planned' ? ' (dry run: nothing is played)' : ''}: from layer ${layer} on`,
  );
  console.log(`  slots: ${slots.length === 0 ? 'none' : `${slots.length}, ${slots[0]} to ${slots.at(-1)}`}`);
  console.log(`  tables of trusted: ${trusted.join(', ') || 'none'}`);
  console.log(`  indicators: ${refined.join(', ') || 'none'}`);
  if (to !== newest && lookingBack.length > 0)
    console.log(`  after ${to} only what looks back on them: ${lookingBack.join(', ')}`);
  if (release.length > 0) console.log(`  released files: ${release.join(', ')}`);
  console.log(
    rows === 0
      ? '  rows and time are not known: none of this was published before'
      : `  ${rows.toLocaleString('en-US')} rows; about ${estimatedSeconds} s in Spark, as when they were published`,
  );
}

/** The newest backfills, from the control database, and how far the one is that is played. */
export async function listBackfills({
  stack,
  limit,
  json,
}: {
  stack: string;
  limit: number;
  json?: boolean;
}): Promise<void> {
  const config = readConfig(stack);
  const client = await temporalClient(config);
  const database = postgresPool(config);
  try {
    const rows = await list(database, limit);
    const playing = rows.some(({ state }) => state === 'playing') ? (await queueState(client)).playing : null;
    const progress = (row: BackfillRow) => (playing?.backfill === row.backfill ? playing.progress : null);
    if (json)
      return console.log(
        JSON.stringify(
          rows.map((row) => ({ ...row, progress: progress(row) })),
          null,
          2,
        ),
      );
    if (rows.length === 0) return console.log('There was no backfill yet.');
    printTable(
      ['backfill', 'state', 'layer', 'from', 'slots', 'asked at', 'reason', 'said'],
      rows.map((row) => {
        const { backfill, state, askedAt, request, message } = row;
        const plan = row.plan as BackfillPlan | null;
        const { stage, done, total } = progress(row) ?? {};
        return [
          ...[backfill, state, plan?.layer ?? '', plan?.from ?? '', plan?.slots.length ?? ''],
          ...[
            askedAt.toISOString().slice(0, 19),
            reasonOf(request),
            stage ? `${stage} (${done} of ${total})` : message,
          ],
        ];
      }),
    );
  } finally {
    await Promise.all([client.connection.close(), database.end()]);
  }
}

/** Requests are kept as they came, also those that were no requests. */
const reasonOf = (request: unknown) => String((request as { reason?: unknown } | null)?.reason ?? '');

export async function cancelBackfill(
  given: string | undefined,
  { stack, all }: { stack: string; all?: boolean },
): Promise<void> {
  const backfill = given === undefined ? undefined : Number(given);
  if ((backfill === undefined) === (all !== true) || Number.isNaN(backfill))
    throw new RunProblem('Say which one: "podlake backfill cancel 7", or "--all".');
  const config = readConfig(stack);
  const client = await temporalClient(config);
  try {
    const { playing, waiting } = await queueState(client);
    const open = [...waiting, ...(playing ? [playing] : [])].map((one) => one.backfill);
    if (backfill !== undefined && !open.includes(backfill))
      throw new RunProblem(
        `Backfill ${backfill} neither waits nor is played. "podlake backfill list" shows how it ended.`,
      );
    await client.workflow.getHandle(BACKFILL_QUEUE_ID).signal(CANCEL_BACKFILL, { backfill });
    console.log(
      open.length === 0 ? 'no backfill waits or is played' : `asked to cancel ${backfill ?? open.join(', ')}`,
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new RunProblem('There was no backfill yet, so that there is none to cancel.');
  } finally {
    await client.connection.close();
  }
}
