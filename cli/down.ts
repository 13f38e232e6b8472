import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { stackFolder, stopStack } from '../infra/local/stack/index.ts';
import { refuseAws } from './local-only.ts';

export async function down(options: { stack: string; erase?: boolean; yes?: boolean }): Promise<void> {
  refuseAws('down');
  const stopped = await stopStack(options.stack, (line) => console.log(line));
  console.log(stopped ? `the stack "${options.stack}" is stopped` : `the stack "${options.stack}" was not running`);
  if (!options.erase) return;
  const folder = stackFolder(options.stack);
  if (!existsSync(folder)) return;
  if (!options.yes && !(await confirmed(`Delete everything in ${folder}? (yes/no) `))) {
    console.log('nothing was deleted');
    return;
  }
  await rm(folder, { recursive: true, force: true });
  console.log(`deleted ${folder}`);
}

async function confirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question)).trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}
