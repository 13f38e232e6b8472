import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MachineProblem } from '../tools/index.ts';
import type { Ports } from './ports.ts';
import type { Part } from './process.ts';

const FORMAT = 1;

/** What `stack.json` holds: the ports, kept from the first start on, and who runs. */
export type StackRecord = {
  format: number;
  name: string;
  ports: Ports;
  supervisor: Omit<Part, 'log' | 'name'> | null;
  parts: Part[];
};

/** Where a stack keeps everything: `.podlake/<name>/` in the clone. */
export function stackFolder(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) {
    throw new MachineProblem(`"${name}" cannot name a stack: use lower-case letters, digits and hyphens, 40 at most.`);
  }
  return resolve(import.meta.dirname, '..', '..', '..', '.podlake', name);
}

export async function readStack(name: string): Promise<StackRecord | null> {
  const file = join(stackFolder(name), 'stack.json');
  if (!existsSync(file)) return null;
  const record = JSON.parse(await readFile(file, 'utf8')) as StackRecord;
  if (record.format === FORMAT) return record;
  throw new MachineProblem(
    `The stack "${name}" was made by another version of this project (format ${record.format}, this one reads ${FORMAT}). Use that version, or delete it with "podlake down --erase" and start anew.`,
  );
}

export async function writeStack(record: Omit<StackRecord, 'format'>): Promise<void> {
  const folder = stackFolder(record.name);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, 'stack.json'), JSON.stringify({ format: FORMAT, ...record }, null, 2));
}

/** Replaces a file in one step, so that a reader sees the old or the new one and never half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, `${text}\n`);
  await rename(partial, file);
}
