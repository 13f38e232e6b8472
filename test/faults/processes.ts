// Which processes of a stack there are, and how they die: at once, without a word to anyone.
import { join } from 'node:path';
import { type Part, startTime } from '../../infra/local/stack/process.ts';
import type { Stack } from '../integration/stack.ts';
import { commandLines, recordOf } from './what-runs.ts';

export const PROCESSES = ['worker', 'aws', 's3', 'temporal', 'postgres', 'driver', 'supervisor', 'all'] as const;
export type Process = (typeof PROCESSES)[number];

/** Kills it and sees it gone; a part that is being restarted is waited for. */
export async function kill(stack: Stack, victim: Process): Promise<void> {
  const pids = await pidsOf(stack, victim);
  for (const pid of pids) sendKill(pid);
  await until(async () => (await living(pids)).length === 0, `${victim} is gone`);
}

async function pidsOf(stack: Stack, victim: Process): Promise<number[]> {
  if (victim === 'supervisor') return [supervisorOf(stack)];
  if (victim === 'driver') return drivers(stack);
  if (victim === 'all') {
    // The supervisor first, for it would start the others again.
    const parts = await runningParts(stack);
    return [supervisorOf(stack), ...parts.map(({ pid }) => pid), ...stepPids(stack)];
  }
  let part: Part | undefined;
  await until(async () => {
    part = (await runningParts(stack)).find(({ name }) => name === victim);
    return part !== undefined;
  }, `${victim} runs`);
  return part ? [part.pid] : [];
}

function supervisorOf(stack: Stack): number {
  const { supervisor } = recordOf(stack.name);
  if (!supervisor) throw new Error(`nobody supervises the stack ${stack.name}`);
  return supervisor.pid;
}

async function runningParts(stack: Stack): Promise<Part[]> {
  const parts = recordOf(stack.name).parts;
  const times = await Promise.all(parts.map(({ pid }) => startTime(pid)));
  return parts.filter(({ startedAt }, index) => times[index] === startedAt);
}

/** Every process of the Spark steps that run: the wrapper, Spark's driver, Python. They alone have the steps' folders in their words. */
export function stepPids(stack: Stack): number[] {
  const folder = join(stack.folder, 'aws', 'emr');
  return commandLines().flatMap(({ pid, words }) => (words.includes(`${folder}/`) ? [pid] : []));
}

/** The Java process of the step that runs now. */
async function drivers(stack: Stack): Promise<number[]> {
  const folder = join(stack.folder, 'aws', 'emr');
  let pids: number[] = [];
  await until(async () => {
    pids = commandLines().flatMap(({ pid, words }) =>
      words.includes(`${folder}/`) && words.includes('org.apache.spark.deploy.SparkSubmit') ? [pid] : [],
    );
    return pids.length > 0;
  }, "a step's driver runs");
  return pids;
}

function sendKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function living(pids: number[]): Promise<number[]> {
  const times = await Promise.all(pids.map(startTime));
  return pids.filter((_, index) => times[index] !== null);
}

/** Asks until it holds. A service that is away between two tries has not answered yet. */
export async function until(holds: () => Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < deadline) {
    const held = await holds().catch((error: unknown) => {
      last = error;
      return false;
    });
    if (held) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${withinMs / 1000} s: ${what}`, { cause: last });
}
