import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MachineProblem, type Report } from '../tools/index.ts';
import { stackFolder } from './folder.ts';
import { type Hold, hold } from './hold.ts';
import { isRunning, stopPart } from './process.ts';
import { readStack, type StackRecord, writeStack } from './record.ts';
import { endSparkSteps } from './spark-steps.ts';
import { endPart, inStopOrder } from './supervise.ts';

/** Held by the one process that supervises, ends or deletes a stack. */
export const holdOfStack = (name: string): Hold | null => hold(join(stackFolder(name), 'lock'));

/** A supervisor ends its parts in order before itself; the worker alone may take half a minute. */
const SUPERVISOR_ENDS_WITHIN_MS = 90_000;
/** How long a supervisor may hold the stack before it has written down who it is. */
const SUPERVISOR_KNOWN_WITHIN_MS = 10_000;

export async function isUp(name: string): Promise<boolean> {
  const record = await readStack(name);
  return record?.supervisor != null && (await isRunning(record.supervisor));
}

/** Stops a stack from outside: its supervisor when it lives, else what it left running. Returns whether anything ran. */
export async function stopStack(name: string, report: Report): Promise<boolean> {
  if (!existsSync(stackFolder(name))) return false;
  const { held, ran } = await withoutSupervisor(name, report);
  try {
    const record = await readStack(name);
    const left = record ? await endLeftovers(record, report) : false;
    return (await endSteps(name, report)) || ran || left;
  } finally {
    held.release();
  }
}

/** Stops a stack and deletes all that it holds, also one whose record cannot be read. */
export async function eraseStack(name: string, report: Report): Promise<void> {
  const { held } = await withoutSupervisor(name, report);
  try {
    const record = await readStack(name).catch(() => null);
    if (record) await endLeftovers(record, report);
    await endSteps(name, report);
    await rm(stackFolder(name), { recursive: true, force: true });
  } finally {
    held.release();
  }
}

/** Whoever stops a stack for good ends its Spark steps too; a next `up` that finds a killed one adopts them instead. */
async function endSteps(name: string, report: Report): Promise<boolean> {
  const ended = await endSparkSteps(join(stackFolder(name), 'aws'));
  if (ended > 0) report('ended the Spark steps that ran');
  return ended > 0;
}

/** Ends what a killed supervisor left running; nobody else may supervise the stack meanwhile. Returns whether anything ran. */
export async function endLeftovers(record: StackRecord, report: Report): Promise<boolean> {
  let any = false;
  for (const part of inStopOrder(record.parts)) {
    if (!(await isRunning(part))) continue;
    any = true;
    report(`ending ${part.name}, left by a stack that was killed`);
    await endPart(part);
  }
  writeStack({ ...record, supervisor: null, parts: [] });
  return any;
}

/** Ends the supervisor, if there is one, and takes its place as the one who may touch the stack. */
async function withoutSupervisor(name: string, report: Report): Promise<{ held: Hold; ran: boolean }> {
  const deadline = performance.now() + SUPERVISOR_KNOWN_WITHIN_MS;
  for (let ran = false; ; ) {
    const supervisor = (await readStack(name).catch(() => null))?.supervisor;
    if (supervisor && (await isRunning(supervisor))) {
      if (!ran) report(`stopping the stack "${name}"`);
      ran = true;
      await stopPart(supervisor, SUPERVISOR_ENDS_WITHIN_MS);
      continue;
    }
    const held = holdOfStack(name);
    if (held) return { held, ran };
    if (performance.now() > deadline) {
      throw new MachineProblem(
        `Another podlake command is starting or deleting the stack "${name}" just now. Wait for it, and repeat.`,
      );
    }
    await setTimeout(200);
  }
}
