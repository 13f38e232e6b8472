import { spawn } from 'node:child_process';
import { MachineProblem } from './report.ts';

export type CommandOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
  identity?: { uid: number; gid: number };
};
export type CommandResult = { code: number; stdout: string; stderr: string };

/** Runs a program to its end and keeps what it printed; never throws for a non-zero exit. */
export function run(file: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.identity ?? {}),
    });
    // Not spawn's own timeout: for a program that is not there it keeps the process waiting to the end.
    if (options.timeoutMs) setTimeout(() => child.kill(), options.timeoutMs).unref();
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), stdout, stderr }));
  });
}

/** Runs a program that must succeed; a failure names the purpose, the last lines that it printed and the remedy. */
export async function mustRun(
  purpose: string,
  file: string,
  args: string[],
  options: CommandOptions & { remedy: string },
): Promise<string> {
  const result = await run(file, args, options).catch((error: NodeJS.ErrnoException) => {
    throw new MachineProblem(`${purpose} failed: ${file} cannot be started (${error.code}). ${options.remedy}`);
  });
  if (result.code === 0) return result.stdout;
  const printed = `${result.stdout}\n${result.stderr}`;
  if (/no space left|ENOSPC/i.test(printed)) {
    throw new MachineProblem(
      `${purpose} failed: the disk is full. Free some space (about 3 GB are needed) and repeat.`,
    );
  }
  const tail = printed.trim().split('\n').slice(-8).join('\n');
  throw new MachineProblem(`${purpose} failed: ${options.remedy} What it printed last:\n${tail}`);
}

/** The first line of what `file --version`-like calls print, or null when the program is not there. */
export async function versionOf(file: string, args: string[]): Promise<string | null> {
  const result = await run(file, args, { timeoutMs: 15_000 }).catch(() => null);
  return result && result.code === 0 ? `${result.stdout}${result.stderr}`.trim() : null;
}
