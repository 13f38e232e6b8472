import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { eraseStack, stackFolder, stopStack } from '../infra/local/stack/index.ts';
import { MachineProblem } from '../infra/local/tools/index.ts';
import { refuseAws } from './local-only.ts';

export async function down(options: { stack: string; erase?: boolean; yes?: boolean }): Promise<void> {
  refuseAws('down');
  const report = (line: string) => console.log(line);
  if (options.erase) return erase(options, report);
  const stopped = await stopStack(options.stack, report);
  report(stopped ? `the stack "${options.stack}" is stopped` : `the stack "${options.stack}" was not running`);
}

async function erase(options: { stack: string; yes?: boolean }, report: (line: string) => void): Promise<void> {
  const folder = stackFolder(options.stack);
  if (!existsSync(folder)) return report(`there is no stack "${options.stack}"`);
  if (!options.yes && !(await confirmed(`Stop the stack "${options.stack}" and delete everything in ${folder}?`))) {
    return report('nothing was stopped or deleted');
  }
  await eraseStack(options.stack, report);
  report(`deleted ${folder}`);
}

/** @throws MachineProblem when there is nobody to ask */
async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new MachineProblem(`${question} There is no terminal to ask on: repeat with --yes. Nothing was deleted.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    return (await Promise.race([terminal.question(`${question} (yes/no) `), closed])).trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}
