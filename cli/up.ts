import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  isUp,
  type Part,
  type Stack,
  type Starting,
  stackFolder,
  startPart,
  startStack,
  stoppedEarly,
} from '../infra/local/stack/index.ts';
import { installTools, MachineProblem, type Report } from '../infra/local/tools/index.ts';
import { refuseAws } from './local-only.ts';

const CLI = fileURLToPath(new URL('./podlake.js', import.meta.url));

export type UpOptions = { stack: string; detach?: boolean; worker: boolean; newPorts?: boolean };

export async function up(options: UpOptions): Promise<void> {
  refuseAws('up');
  if (options.detach) return detach(options);
  const report = (line: string) => console.log(line);
  const stack = await startWhole({ name: options.stack, report, worker: options.worker, newPorts: options.newPorts });
  report(`the stack "${options.stack}" is up`);
  for (const [name, address] of Object.entries(stack.addresses)) report(`  ${name.padEnd(10)} ${address}`);
  report(
    'Ctrl-C stops it. Try in another shell: npx podlake demo, npx podlake runs, npx podlake sql "show tables in refined"',
  );
  await whenToStop(stack, report);
  await stack.stop(report);
}

/** Tools, stack and, unless told otherwise, a worker; from here on a Ctrl-C or "podlake down" stops in order what has started. */
export async function startWhole(options: {
  name: string;
  report: Report;
  worker: boolean;
  newPorts?: boolean;
}): Promise<Stack> {
  const { name, report, newPorts } = options;
  const tools = await installTools(report);
  const stack = await startStack({ name, tools, report, newPorts, interrupted: askedToStop() });
  if (!options.worker) return stack;
  report('starting the worker');
  const log = join(stack.folder, 'logs', 'worker.log');
  try {
    await stack.start({ name: 'worker', start: (starting) => startWorker(name, log, starting) });
  } catch (error) {
    await stack.stop(() => undefined);
    throw error;
  }
  return stack;
}

async function startWorker(stack: string, log: string, starting: Starting): Promise<Part> {
  const offset = await length(log);
  return startPart({
    name: 'worker',
    file: process.execPath,
    args: [CLI, 'worker', '--stack', stack],
    log,
    ready: async () => (await readFile(log, 'utf8')).slice(offset).includes(WORKER_READY),
    ...starting,
  });
}

/** What a worker prints once it polls. */
export const WORKER_READY = 'worker is polling';

const asked = new AbortController();

/** Aborts when a person (Ctrl-C) or `podlake down` asks this process to end. */
function askedToStop(): AbortSignal {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.abort(stoppedEarly()));
  return asked.signal;
}

/** Settles when someone asks for it, or the stack cannot go on. */
export function whenToStop(stack: Stack, report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (asked.signal.aborted) resolve();
    asked.signal.addEventListener('abort', () => resolve(), { once: true });
    void stack.broken.then((sentence) => {
      report(sentence);
      process.exitCode = 1;
      resolve();
    });
  });
}

async function detach(options: UpOptions): Promise<void> {
  if (await isUp(options.stack))
    throw new MachineProblem(
      `The stack "${options.stack}" is running already. Use it, or stop it with "podlake down --stack ${options.stack}".`,
    );
  const folder = join(stackFolder(options.stack), 'logs');
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'up.log');
  const offset = await length(log);
  const output = openSync(log, 'a');
  const args = [
    'up',
    '--stack',
    options.stack,
    ...(options.worker ? [] : ['--no-worker']),
    ...(options.newPorts ? ['--new-ports'] : []),
  ];
  const child = spawn(process.execPath, [CLI, ...args], { detached: true, stdio: ['ignore', output, output] });
  child.unref();
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  let shown = offset;
  for (;;) {
    const text = await readFile(log, 'utf8');
    process.stdout.write(text.slice(shown));
    shown = text.length;
    if (text.slice(offset).includes('" is up')) return;
    if (ended) throw new MachineProblem(`The stack did not start; ${log} says why.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const length = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).length;
