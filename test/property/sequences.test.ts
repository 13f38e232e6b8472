import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sequences } from './draw.ts';
import { unfold } from './files.ts';
import { comparable, found } from './found.ts';
import { startLake, type TestLake } from './lake.ts';
import { type Expected, model } from './model.ts';

/** PODLAKE_PROPERTY_SEED and PODLAKE_PROPERTY_PATH, as a failure prints them, play what it found again. */
const runs = Number(process.env['PODLAKE_PROPERTY_RUNS'] ?? 10);
const seed = Number(process.env['PODLAKE_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const path = process.env['PODLAKE_PROPERTY_PATH'];
/** How long a failing sequence is made smaller; what is left to try then counts as passed. */
const SHRINKING_MS = 120_000;

let lake: TestLake;
beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake.stop());

test(`whatever is delivered, trusted, refined, quarantine and ledger are what the rules say (${runs} sequences, seed ${seed})`, {
  timeout: runs * 120_000 + SHRINKING_MS,
}, async () => {
  console.log(`seed ${seed}; again: PODLAKE_PROPERTY_SEED=${seed} PODLAKE_PROPERTY_RUNS=${runs} npm run test:property`);
  let stopShrinking = Number.POSITIVE_INFINITY;
  const seen = new Map<string, number>();
  const holds = fc.asyncProperty(sequences, async (sequence) => {
    if (Date.now() > stopShrinking) return;
    const slots = unfold(sequence);
    const expected = model(slots, sequence.waiting);
    count(seen, expected);
    try {
      await lake.play(slots, sequence.waiting);
      expect(comparable(await found(lake), expected)).toEqual(comparable(expected, expected));
    } catch (error) {
      stopShrinking = Math.min(stopShrinking, Date.now() + SHRINKING_MS);
      throw error;
    }
    if ((seen.get('sequences') ?? 0) % 20 === 0) console.log(told(seen));
  });
  await fc.assert(holds, { seed, numRuns: runs, ...(path ? { path } : {}) });
  console.log(told(seen), told(new Map(Object.entries(lake.seconds))));
});

/** What kinds of things the sequences were made of: a property over nothing would hold too. */
function count(seen: Map<string, number>, { runs: slots, ledger, loads }: Expected): void {
  const add = (kind: string, number = 1) => seen.set(kind, (seen.get(kind) ?? 0) + number);
  add('sequences');
  for (const { state } of slots) add(`slots ${state}`);
  for (const { outcome } of ledger) add(`files ${outcome}`);
  for (const load of Object.values(loads)) for (const [term, rows] of Object.entries(load)) add(`rows ${term}`, rows);
}

const told = (numbers: Map<string, number>) =>
  [...numbers].map(([kind, number]) => `${kind}: ${Math.round(number * 10) / 10}`).join(', ');
