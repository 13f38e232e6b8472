import { existsSync, mkdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MachineProblem } from '../tools/index.ts';
import { STACKS, stackFolder, writeWhole } from './folder.ts';

const FORMAT = 2;

const port = z.int().min(1).max(65_535);
const processSchema = z.object({ pid: z.int(), startedAt: z.string() });
const recordSchema = z.object({
  format: z.literal(FORMAT),
  name: z.string(),
  /** Kept from the first start on. */
  ports: z.object({ s3: port, aws: port, postgres: port, temporal: port, temporalUi: port }),
  supervisor: processSchema.nullable(),
  /** Everything that was spawned and not seen to end. */
  parts: z.array(processSchema.extend({ name: z.string(), log: z.string() })),
  /** When the stack was last in use, by this machine's clock. */
  lastUsed: z.iso.datetime().nullable(),
});

/** What `stack.json` holds: the ports, who runs, and when the stack was last in use. */
export type StackRecord = z.infer<typeof recordSchema>;

/** From each older format to the next one. */
const MIGRATIONS: Record<number, (record: object) => object> = {
  1: (record) => ({ ...record, format: 2, lastUsed: null }),
};

/** @throws MachineProblem when the file is damaged or of a newer version. */
export async function readStack(name: string): Promise<StackRecord | null> {
  const file = join(stackFolder(name), 'stack.json');
  if (!existsSync(file)) return null;
  const damaged = (why: string) =>
    new MachineProblem(
      `${file} is damaged (${why}), so that nobody knows the ports and processes of the stack "${name}". End what still runs of it, move the file away and repeat: its data stay as they are, and its ports are chosen anew.`,
    );
  let record: { format?: unknown };
  try {
    record = JSON.parse(await readFile(file, 'utf8')) ?? {};
  } catch (error) {
    throw damaged((error as Error).message);
  }
  if (typeof record.format === 'number' && record.format > FORMAT) {
    throw new MachineProblem(
      `The stack "${name}" was made by a newer version of this project (format ${record.format}, this one reads ${FORMAT}). Use that version, or delete the stack with "podlake down --erase" and start anew.`,
    );
  }
  for (let step = MIGRATIONS[Number(record.format)]; step; step = MIGRATIONS[Number(record.format)])
    record = step(record);
  const parsed = recordSchema.safeParse(record);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw damaged(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

export function writeStack(record: Omit<StackRecord, 'format'>): void {
  const folder = stackFolder(record.name);
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, 'stack.json'), JSON.stringify({ format: FORMAT, ...record }, null, 2));
}

/** The other stacks of this clone, as far as their records can be read. */
export async function otherStacks(name: string): Promise<StackRecord[]> {
  const names = (await readdir(STACKS).catch(() => [])).filter((other) => other !== name);
  const records = await Promise.all(names.map(async (other) => readStack(other).catch(() => null)));
  return records.filter((record) => record !== null);
}
