import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { temporalClient } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { LAKE_LOCK_ID, LAKE_STATE } from '../workflows/names.ts';
import type { LakePlace, LakeState } from '../workflows/types.ts';
import { printTable } from './table.ts';
import { RunProblem } from './watch.ts';

export async function lock(options: { stack: string; json?: boolean }): Promise<void> {
  const client = await temporalClient(readConfig(options.stack));
  try {
    const state = await readLock(client);
    if (options.json) return console.log(JSON.stringify({ started: state !== null, ...(state ?? NOBODY) }, null, 2));
    console.log(holderLine(state, new Date()));
    if (!state?.queue.length) return;
    console.log('');
    printTable(
      ['#', 'waiting', 'since', 'for'],
      state.queue.map((place, index) => [index + 1, place.workflowId, place.since, lasting(place, new Date())]),
    );
  } finally {
    await client.connection.close();
  }
}

const NOBODY: LakeState = { holder: null, queue: [], granted: 0 };

/** What the lock says of itself; null when no run has asked for the lake yet, or not since the lock was terminated. */
export async function readLock(client: Client): Promise<LakeState | null> {
  const handle = client.workflow.getHandle(LAKE_LOCK_ID);
  try {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') return null;
    return await client.withDeadline(Date.now() + 15_000, () => handle.query<LakeState>(LAKE_STATE));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    if (/deadline|timed? ?out/i.test(String((error as Error).cause ?? error)))
      throw new RunProblem(
        'The lock is there, but no worker answers for it: "podlake doctor" says what runs. Who holds the lake and who waits is kept.',
      );
    throw error;
  }
}

export function holderLine(state: LakeState | null, now: Date): string {
  if (state === null) return 'Nobody has asked for the lake yet: the first run that does starts the lock.';
  const { holder, granted } = state;
  const grants = `${granted} ${granted === 1 ? 'grant' : 'grants'} so far`;
  if (!holder) return `Nobody writes the lake now (${grants}).`;
  const since = holder.since ? ` since ${holder.since} (${lasting(holder, now)})` : '';
  return `${holder.workflowId} writes the lake${since}; ${grants}.`;
}

/** Two clocks are compared, the server's and this one's: never less than nothing. */
function lasting({ since }: LakePlace, now: Date): string | undefined {
  if (!since) return undefined;
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
