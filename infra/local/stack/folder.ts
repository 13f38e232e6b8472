import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { MachineProblem } from '../tools/index.ts';

/** Where all stacks of this clone lie. */
export const STACKS = resolve(import.meta.dirname, '..', '..', '..', '.podlake');

/** Where a stack keeps everything: `.podlake/<name>/` in the clone. */
export function stackFolder(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) {
    throw new MachineProblem(`"${name}" cannot name a stack: use lower-case letters, digits and hyphens, 40 at most.`);
  }
  return resolve(STACKS, name);
}

/**
 * Replaces a file in one step, so that a reader, also one after a power cycle, sees the old or the new one and never half
 * of it. Done at once and not awaited: what is written down about a process must not lag behind it.
 */
export function writeWhole(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`;
  const handle = openSync(partial, 'w');
  try {
    writeSync(handle, `${text}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, file);
}
