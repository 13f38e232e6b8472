import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { run } from '../tools/command.ts';
import { MachineProblem } from '../tools/index.ts';

/** A running part of the stack; pid and start time together name a process even after pids were used again. */
export type Part = { name: string; pid: number; startedAt: string; log: string };

/** What someone who keeps an account of parts is told and may do while one starts. */
export type Starting = {
  /** Called as soon as the process exists and before its program runs, which it never does if this throws. */
  spawned?: (part: Part) => void;
  /** Gives up waiting for the part; its process is left to who interrupted. */
  interrupted?: AbortSignal;
};

export type PartOptions = Starting & {
  name: string;
  file: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  log: string;
  /** Becomes true once the part answers; asked until then. */
  ready: () => Promise<boolean>;
  readyWithinMs?: number;
  identity?: { uid: number; gid: number };
};

/** A part that did not come to answer. */
export class PartProblem extends MachineProblem {
  /** The last lines of its log. */
  readonly tail: string;

  constructor(part: string, what: string, log: string, tail: string) {
    super(`${part} ${what}. Its log, ${log}, ends with:\n${tail}`);
    this.tail = tail;
  }
}

const children = new Map<number, ChildProcess>();

/**
 * Starts a part in a session of its own (a Ctrl-C reaches only the one who stops the parts in order) and waits until it answers.
 * @throws PartProblem when it ends before it answers, or does not answer in time
 */
export async function startPart(options: PartOptions): Promise<Part> {
  options.interrupted?.throwIfAborted();
  const child = spawnHeld(options);
  let ended: string | null = null;
  child.once('exit', (code, signal) => {
    ended = `ended at once with ${signal ?? `code ${code}`}`;
  });
  child.once('error', (error: NodeJS.ErrnoException) => {
    ended = `cannot be started (${error.code})`;
  });
  const pid = child.pid ?? 0;
  const part = { name: options.name, pid, startedAt: (await startTime(pid)) ?? '', log: options.log };
  if (pid !== 0) {
    children.set(pid, child);
    child.once('exit', () => children.delete(pid));
  }
  try {
    if (pid !== 0) options.spawned?.(part);
    child.stdin?.end('\n');
  } catch (error) {
    child.stdin?.destroy();
    throw error;
  }
  const deadline = performance.now() + (options.readyWithinMs ?? 60_000);
  while (performance.now() < deadline && ended === null) {
    options.interrupted?.throwIfAborted();
    if (await answers(options)) return part;
    await setTimeout(50);
  }
  if (ended === null) child.kill('SIGKILL');
  throw new PartProblem(options.name, ended ?? 'did not answer in time', options.log, await tailOf(options.log));
}

/**
 * The process of a part, which becomes its program once it is given a line: whoever is killed between the birth of a process
 * and the note about it leaves one that ends at once, and none that nobody knows of.
 */
function spawnHeld({ file, args, cwd, env, log, identity }: PartOptions): ChildProcess {
  const output = openSync(log, 'a');
  try {
    const child = spawn('sh', ['-c', 'read -r go && exec "$@" < /dev/null', 'sh', file, ...args], {
      cwd,
      env: env ?? process.env,
      stdio: ['pipe', output, output],
      detached: true,
      ...identity,
    });
    // One that has ended already takes no line.
    child.stdin?.on('error', () => undefined);
    return child;
  } finally {
    closeSync(output);
  }
}

/** One question; a part that takes it and says nothing has not answered, and nobody who interrupts waits for it. */
async function answers({ ready, interrupted }: PartOptions): Promise<boolean> {
  const enough = AbortSignal.any([AbortSignal.timeout(5_000), ...(interrupted ? [interrupted] : [])]);
  const late = new Promise<boolean>((resolve) =>
    enough.addEventListener('abort', () => resolve(false), { once: true }),
  );
  return Promise.race([ready().catch(() => false), late]);
}

export async function tailOf(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-5).join('\n');
}

/** Called when the part ends, at once if it has ended already. */
export function onEnd(part: Part, listener: (how: string) => void): void {
  const child = children.get(part.pid);
  if (child) child.once('exit', (code, signal) => listener(signal ?? `code ${code}`));
  else listener('as soon as it answered');
}

export async function isRunning(part: Pick<Part, 'pid' | 'startedAt'>): Promise<boolean> {
  return part.startedAt !== '' && (await startTime(part.pid)) === part.startedAt;
}

/** Asks the part to end and, when it has not after `graceMs`, ends it. Does nothing when that process is gone. */
export async function stopPart(
  part: Pick<Part, 'pid' | 'startedAt'>,
  graceMs = 15_000,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  if (!(await isRunning(part))) return;
  signalTo(part.pid, signal);
  const deadline = performance.now() + graceMs;
  while (await isRunning(part)) {
    if (performance.now() > deadline) return signalTo(part.pid, 'SIGKILL');
    await setTimeout(50);
  }
}

/** It may end by itself between the look and the signal. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** When a process started, in whatever words the system has for it; null when there is none, or it is a zombie. */
export async function startTime(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    try {
      // The name in parentheses may hold spaces, so that the fields are counted behind it: state is the 3rd, start time the 22nd.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return fields[0] === 'Z' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  const { code, stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return code === 0 ? stdout.trim() || null : null;
}
