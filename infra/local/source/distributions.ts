import { field } from './csv.ts';

/** Draws have 31 bits; the first 12 of them choose a category, so that a share is a multiple of 1/4096. */
const STEPS = 4096;
const SHIFT = 31 - 12;

/** Categories with shares. The index of a value is its place in `values`. */
export class Categories {
  readonly values: readonly string[];
  /** The values as CSV fields. */
  readonly fields: readonly Uint8Array[];
  readonly #lookup: Uint8Array;

  /** `shares`: value to share, in any unit. Every value gets at least one step, however rare. */
  constructor(shares: Readonly<Record<string, number>>) {
    this.values = Object.keys(shares);
    this.fields = this.values.map(field);
    this.#lookup = new Uint8Array(STEPS);
    const weights = Object.values(shares);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const steps = weights.map((weight) => Math.max(1, Math.round((weight / total) * STEPS)));
    // What rounding left over goes to (or comes from) the commonest value.
    const commonest = weights.indexOf(Math.max(...weights));
    steps[commonest] = (steps[commonest] ?? 0) + STEPS - steps.reduce((sum, step) => sum + step, 0);
    let at = 0;
    steps.forEach((step, index) => {
      this.#lookup.fill(index, at, at + step);
      at += step;
    });
  }

  pick(u: number): number {
    return this.#lookup[u >>> SHIFT] as number;
  }

  /** The CSV field of the value at `index`. */
  field(index: number): Uint8Array {
    return this.fields[index] as Uint8Array;
  }

  indexOf(value: string): number {
    const index = this.values.indexOf(value);
    if (index < 0) throw new Error(`${value} is none of ${this.values.join(', ')}`);
    return index;
  }
}

/**
 * A distribution given by its quantiles at equal steps, with straight lines between them. Only the four operations of
 * arithmetic are used: `Math.exp` and the like may differ in the last bit between machines.
 */
export class Quantiles {
  readonly #points: Float64Array;
  readonly #scale: number;

  constructor(...points: readonly number[]) {
    this.#points = Float64Array.from(points);
    this.#scale = (points.length - 1) / 0x80000000;
  }

  at(u: number): number {
    const position = u * this.#scale;
    const step = position | 0;
    const low = this.#points[step] as number;
    return low + ((this.#points[step + 1] as number) - low) * (position - step);
  }
}
