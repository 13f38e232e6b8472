// The command-line tool as a person runs it, several at a time, and what is left of a stack afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stackFolder } from '../../infra/local/stack/index.ts';

export const CLI = join(import.meta.dirname, '..', '..', 'cli', 'podlake.js');

export type Ended = { code: number | null; output: string };

/** One command that runs; `before` are the words before it, such as those that give it a file system of its own. */
export class Podlake {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  output = '';

  constructor(words: string[], options: { before?: string[]; env?: NodeJS.ProcessEnv } = {}) {
    const { PODLAKE_CONFIG: _, ...env } = process.env;
    const [file = '', ...args] = [...(options.before ?? []), process.execPath, CLI, ...words];
    this.child = spawn(file, args, { env: { ...env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code) => resolve({ code, output: this.output.trim() })),
    );
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until it has printed this. */
  async says(text: string, withinMs = 90_000): Promise<void> {
    await until(
      () => {
        if (this.output.includes(text)) return true;
        if (this.child.exitCode !== null) throw new Error(`podlake ended without "${text}":\n${this.output}`);
        return false;
      },
      () => `podlake says "${text}", it said:\n${this.output}`,
      withinMs,
    );
  }
}

/** A command to its end. */
export const podlake = (...words: string[]): Promise<Ended> => new Podlake(words).ended;

export async function up(stack: string, ...words: string[]): Promise<Podlake> {
  const command = new Podlake(['up', '--stack', stack, ...words]);
  await command.says(`the stack "${stack}" is up`);
  return command;
}

export async function erase(stack: string): Promise<void> {
  const { code, output } = await podlake('down', '--erase', '--yes', '--stack', stack);
  if (code !== 0) throw new Error(output);
}

export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs / 1000} s: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const hasFolder = (stack: string) => existsSync(stackFolder(stack));
