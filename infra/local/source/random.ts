// Random numbers without state: a value depends on who asks (seed, table, row, column), never on who asked before.
// So any row of any table can be made alone, in any order, on any machine, and comes out the same.

const GOLDEN = 0x9e3779b1;

/** Mixes 32 bits so that each bit of the result depends on each bit of `x`; the constants are those of `lowbias32`. */
export function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

/** A number for a name, so that a column keeps its values when another one is added beside it. */
export function salt(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return mix(h);
}

/** A whole number from 0 to 2^31 - 1 for a pair of numbers. */
export function hash(a: number, b: number): number {
  return mix(mix(a) + Math.imul(b, GOLDEN)) >>> 1;
}

/** A whole number from 0 to `n` - 1 from the draw `u` (0 to 2^31 - 1). */
export function below(u: number, n: number): number {
  return Math.floor((u / 0x80000000) * n);
}

/** A whole number from `low` to `high`, both included, from the draw `u`. */
export function between(u: number, low: number, high: number): number {
  return low + below(u, high - low + 1);
}

/** The random numbers of one row. `version` is the slot that last changed the row; 0 is the row as it was born. */
export class Draw {
  version = 0;
  #a = 0;
  #b = 0;

  seat(key: number, id: number, version: number): void {
    this.#a = mix(mix(key) ^ Math.imul(id, GOLDEN));
    this.#b = mix(this.#a + key);
    this.version = version;
  }

  /** 0 to 2^31 - 1, the same for all versions of the row. */
  at(column: number): number {
    return mix((this.#a + Math.imul(column, GOLDEN)) ^ this.#b) >>> 1;
  }

  /** 0 to 2^31 - 1, another one in each version of the row. */
  fresh(column: number): number {
    return this.at(column + Math.imul(this.version, 0x632be5ab));
  }
}
