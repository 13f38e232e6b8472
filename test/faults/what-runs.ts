// What runs of a stack: by its own record, and by what the system shows, whoever knows of it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stackFolder } from '../../infra/local/stack/index.ts';
import type { StackRecord } from '../../infra/local/stack/record.ts';

export function recordOf(stack: string): StackRecord {
  return JSON.parse(readFileSync(join(stackFolder(stack), 'stack.json'), 'utf8'));
}

export function pidOf(stack: string, part: string): number {
  const pid = recordOf(stack).parts.find(({ name }) => name === part)?.pid;
  if (pid === undefined) throw new Error(`${part} of ${stack} is not recorded`);
  return pid;
}

/** The processes whose words name a stack's folder, and its worker. */
export function processesOf(stack: string): string[] {
  const folder = stackFolder(stack);
  return commandLines()
    .map(({ words }) => words)
    .filter((words) => words.includes(`${folder}/`) || words.includes(` worker --stack ${stack} `));
}

/** Every process of the system with the words that started it. */
export function commandLines(): { pid: number; words: string }[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return [{ pid: Number(entry), words: readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
    } catch {
      // It ended while the list was read.
      return [];
    }
  });
}
