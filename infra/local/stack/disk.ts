import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MachineProblem } from '../tools/index.ts';

/** A run at the demo's scale writes some hundred megabytes. */
export const NEEDED_TO_START = 1e9;
/** What S3, Spark and the databases may still write in the seconds that an orderly stop takes. */
const NEEDED_TO_GO_ON = 300e6;
const LOOK_EVERY_MS = 3_000;

/** Free bytes for us where `path` lies or will lie; infinite where the file system does not say (ramfs). */
export async function freeBytes(path: string): Promise<number> {
  let at = path;
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize, blocks } = await statfs(at);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

/** @throws MachineProblem when a stack started now would soon fill the disk */
export async function mustHaveSpace(folder: string): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= NEEDED_TO_START) return;
  throw new MachineProblem(
    `Only ${megabytes(free)} are free on the disk of ${folder}, and the stack needs ${megabytes(NEEDED_TO_START)} to start. Free some space and repeat; nothing was changed.`,
  );
}

/** Looks at the disk every few seconds until told to stop, and calls `low` once, while there is still room to stop in order. */
export function guardDisk(folder: string, low: (sentence: string) => void, until: AbortSignal): void {
  const look = async () => {
    // A disk that cannot be asked now is asked again.
    const free = await freeBytes(folder).catch(() => Number.POSITIVE_INFINITY);
    if (free >= NEEDED_TO_GO_ON || until.aborted) return;
    clearInterval(timer);
    low(
      `The disk of ${folder} is almost full (${megabytes(free)} are free), so that the stack stops before anything is cut short. Free at least ${megabytes(NEEDED_TO_START)} and repeat "podlake up": what was under way goes on.`,
    );
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  until.addEventListener('abort', () => clearInterval(timer), { once: true });
}

const megabytes = (bytes: number) => `${Math.floor(bytes / 1e6)} MB`;
