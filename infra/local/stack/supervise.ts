import { setTimeout } from 'node:timers/promises';
import { MachineProblem, type Report } from '../tools/index.ts';
import { isRunning, onEnd, type Part, type Starting, stopPart, tailOf } from './process.ts';

/** A part and how it is started, at first and again: with the same port and folder each time. */
export type PartDefinition = { name: string; start: (starting: Starting) => Promise<Part> };

/** What ends so often is not helped by starting it. */
const MOST_ENDS = 5;
const WITHIN_MS = 120_000;
/** A start may fail for what the last end left behind, and succeed a moment later. */
const MOST_STARTS = 3;
const BETWEEN_STARTS_MS = 1_000;

/** What a start ends with that someone stops. */
export const stoppedEarly = () => new MachineProblem('The stack was stopped while it was starting.');

/** The last to stop are those that the others write to. */
const STOP_ORDER = ['worker', 'aws', 'temporal', 'postgres', 's3'];

/** Ends a part as it likes to be ended: Postgres does not wait for its clients at SIGINT, a worker lets activities end. */
export async function endPart(part: Part): Promise<void> {
  await stopPart(part, part.name === 'worker' ? 30_000 : 15_000, part.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
}

export function inStopOrder<Named extends { name: string }>(parts: Iterable<Named>): Named[] {
  return [...parts].sort((a, b) => STOP_ORDER.indexOf(a.name) - STOP_ORDER.indexOf(b.name));
}

/**
 * Keeps the parts of a stack running: starts again what ends by itself, until someone stops them all. Work that others do
 * under a part, such as a Spark step, is not its business: it goes on while the part is away.
 */
export class Supervisor {
  readonly #parts = new Map<string, Part>();
  readonly #ends = new Map<string, number[]>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #interrupt = new AbortController();
  readonly #broken = Promise.withResolvers<string>();
  readonly #options: { changed: (parts: Part[]) => void; report: Report };

  /** `changed` is called at each change of the parts, with all that were spawned and not seen to end. */
  constructor(options: { changed: (parts: Part[]) => void; report: Report }) {
    this.#options = options;
  }

  /** Settles with a sentence, at the first reason for which the stack cannot go on. */
  get broken(): Promise<string> {
    return this.#broken.promise;
  }

  /** Aborts when the parts are being stopped. */
  get stopping(): AbortSignal {
    return this.#interrupt.signal;
  }

  get parts(): Part[] {
    return [...this.#parts.values()];
  }

  /** @throws what the part's start throws; whatever was spawned for it is among the parts nevertheless, and is stopped with them */
  start(definition: PartDefinition): Promise<void> {
    return this.#track(this.#start(definition));
  }

  giveUp(sentence: string): void {
    this.#broken.resolve(sentence);
  }

  /** Stops everything in order; a part that is just being started is not waited for. `between` is told each part that has ended. */
  async stop(report: Report, between: (stopped: string) => Promise<void> = async () => undefined): Promise<void> {
    this.#interrupt.abort(stoppedEarly());
    await Promise.allSettled(this.#underWay);
    for (const part of inStopOrder(this.parts)) {
      if (await isRunning(part)) report(`stopping ${part.name}`);
      await endPart(part);
      await between(part.name);
    }
    this.#parts.clear();
  }

  async #start(definition: PartDefinition): Promise<void> {
    const spawned = (part: Part) => {
      this.#parts.set(part.name, part);
      this.#options.changed(this.parts);
    };
    const part = await definition.start({ spawned, interrupted: this.stopping });
    onEnd(part, (how) => {
      if (!this.stopping.aborted) void this.#track(this.#restart(definition, part, how));
    });
  }

  async #restart(definition: PartDefinition, part: Part, how: string): Promise<void> {
    const { name, log } = part;
    try {
      if (this.#endsTooOften(name)) {
        throw new MachineProblem(
          `${name} ended ${MOST_ENDS} times within ${WITHIN_MS / 60_000} minutes, the last time with ${how}. Its log, ${log}, ends with:\n${await tailOf(log)}`,
        );
      }
      this.#options.report(`${name} ended by itself (${how}); starting it again`);
      for (let tries = 1; ; tries++) {
        const failed = await this.#start(definition).then(
          () => null,
          (error: Error) => error,
        );
        if (!failed) return;
        if (tries === MOST_STARTS) throw new MachineProblem(`${name} cannot be started again: ${failed.message}`);
        await setTimeout(BETWEEN_STARTS_MS);
        this.stopping.throwIfAborted();
        this.#options.report(`${name} did not start; trying again`);
      }
    } catch (error) {
      // Who stops the stack has not asked why a part could not come back just now.
      if (!this.stopping.aborted) this.giveUp((error as Error).message);
    }
  }

  #endsTooOften(name: string): boolean {
    const now = performance.now();
    const ends = [...(this.#ends.get(name) ?? []).filter((end) => now - end < WITHIN_MS), now];
    this.#ends.set(name, ends);
    return ends.length >= MOST_ENDS;
  }

  #track(work: Promise<void>): Promise<void> {
    this.#underWay.add(work);
    const done = () => this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }
}
