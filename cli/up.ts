import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUp, type Stack, stackFolder, startPart, startStack } from '../infra/local/stack/index.ts';
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

/** Tools, stack and, unless told otherwise, a worker. */
export async function startWhole(options: {
  name: string;
  report: Report;
  worker: boolean;
  newPorts?: boolean;
}): Promise<Stack> {
  const tools = await installTools(options.report);
  const stack = await startStack({ name: options.name, tools, report: options.report, newPorts: options.newPorts });
  if (!options.worker) return stack;
  options.report('starting the worker');
  const log = join(stack.folder, 'logs', 'worker.log');
  const offset = await length(log);
  try {
    const worker = await startPart({
      name: 'worker',
      file: process.execPath,
      args: [CLI, 'worker', '--stack', options.name],
      log,
      ready: async () => (await readFile(log, 'utf8')).slice(offset).includes(WORKER_READY),
    });
    await stack.add(worker);
  } catch (error) {
    await stack.stop(() => undefined);
    throw error;
  }
  return stack;
}

/** What a worker prints once it polls. */
export const WORKER_READY = 'worker is polling';

/**
 * Settles when a person (Ctrl-C, `podlake down`) or a broken part ends the stack; the promise is made before anything
 * long is begun, so that an early Ctrl-C stops everything in order too.
 */
export function whenToStop(stack: Stack, report: Report): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    stack.whenBroken((part, how) => {
      report(`${part.name} ended by itself (${how}); its log is ${part.log}`);
      process.exitCode = 1;
      resolve();
    });
  });
}

async function detach(options: UpOptions): Promise<void> {
  if (await isUp(options.stack))
    throw new MachineProblem(`The stack "${options.stack}" is running already. Stop it with "podlake down".`);
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
