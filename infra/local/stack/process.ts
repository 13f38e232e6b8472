import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { run } from '../tools/command.ts';
import { MachineProblem } from '../tools/index.ts';

/** A running part of the stack; pid and start time together name a process even after pids were used again. */
export type Part = { name: string; pid: number; startedAt: string; log: string };

export type PartOptions = {
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

const children = new Map<number, ChildProcess>();

/** Starts a part in a session of its own (a Ctrl-C reaches only the one who stops the parts in order) and waits until it answers. */
export async function startPart(options: PartOptions): Promise<Part> {
  const output = openSync(options.log, 'a');
  const child = spawn(options.file, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', output, output],
    detached: true,
    ...(options.identity ?? {}),
  });
  let ended: string | null = null;
  child.once('exit', (code, signal) => {
    ended = `ended at once with ${signal ?? `code ${code}`}`;
  });
  child.once('error', (error: NodeJS.ErrnoException) => {
    ended = `cannot be started (${error.code})`;
  });
  const deadline = Date.now() + (options.readyWithinMs ?? 60_000);
  while (Date.now() < deadline && ended === null) {
    if (await options.ready().catch(() => false)) {
      const pid = child.pid ?? 0;
      children.set(pid, child);
      return { name: options.name, pid, startedAt: (await startTime(pid)) ?? '', log: options.log };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (child.pid && ended === null) process.kill(child.pid, 'SIGKILL');
  const tail = (await readFile(options.log, 'utf8')).trim().split('\n').slice(-5).join('\n');
  throw new MachineProblem(
    `${options.name} ${ended ?? 'did not answer in time'}. Its log, ${options.log}, ends with:\n${tail}`,
  );
}

/** Called when the part ends by itself. */
export function onEnd(part: Part, listener: (how: string) => void): void {
  const child = children.get(part.pid);
  if (!child) return;
  child.once('exit', (code, signal) => listener(signal ?? `code ${code}`));
}

export async function isRunning(part: Pick<Part, 'pid' | 'startedAt'>): Promise<boolean> {
  return part.startedAt !== '' && (await startTime(part.pid)) === part.startedAt;
}

/** Asks the part to end and, when it has not after `graceMs`, ends it. Does nothing when that process is gone. */
export async function stopPart(part: Part, graceMs = 15_000, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!(await isRunning(part))) return;
  process.kill(part.pid, signal);
  const deadline = Date.now() + graceMs;
  while (await isRunning(part)) {
    if (Date.now() > deadline) {
      process.kill(part.pid, 'SIGKILL');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
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
