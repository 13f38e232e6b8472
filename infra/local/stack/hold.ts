import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

/** Something that one process at a time has. */
export type Hold = { release: () => unknown };

/**
 * Takes a file for this process, or returns null when another one has it. The lock is the kernel's (SQLite's, for Node has
 * no call of its own for it): it ends with its process, however that ends, and leaves nothing stale behind.
 */
export function hold(file: string): Hold | null {
  mkdirSync(dirname(file), { recursive: true });
  // Two that ask at the same instant see each other for a moment; the wait lets one of them have it.
  const database = new DatabaseSync(file, { timeout: 300 });
  try {
    // The journal is kept in memory: there is nothing to roll back, and a killed holder should leave no file to do it from.
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database.close();
    if (/database is locked/.test((error as Error).message)) return null;
    throw error;
  }
  if (existsSync(file)) return { release: () => database.isOpen && database.close() };
  // Whoever had it before deleted it, and a lock on a file without a name keeps nobody out.
  database.close();
  return hold(file);
}

/** Takes a file as soon as those before have given it back; `waits` is called once if that is not at once. */
export async function holdInTurn(file: string, waits: () => void, interrupted?: AbortSignal): Promise<Hold> {
  for (let tries = 0; ; tries++) {
    const mine = hold(file);
    if (mine) return mine;
    if (tries === 0) waits();
    await setTimeout(100);
    interrupted?.throwIfAborted();
  }
}
