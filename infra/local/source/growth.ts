import { hash } from './random.ts';

/** Of 64 rows side by side, each slot changes one: 1.6 % of the table, and no row twice within 64 slots. */
const GROUP = 64;
/** The residue of the rows that a slot sends again as they are lies half a round away from that of the changed ones. */
const UNCHANGED = GROUP / 2;

/**
 * How a table grows: `first` rows in slot 0, then `perSlot` more in each slot. Rows have indices in order of birth.
 * Which rows a slot changes is a rule on the index alone, so that the version of a row is known without a history.
 */
export class Growth {
  readonly first: number;
  readonly perSlot: number;

  constructor(first: number) {
    this.first = first;
    this.perSlot = first === 0 ? 0 : Math.max(1, Math.round(first / 100));
  }

  /** Rows that exist as of `slot`; -1 is before the first. */
  total(slot: number): number {
    return slot < 0 ? 0 : this.first + slot * this.perSlot;
  }

  bornIn(index: number): number {
    return index < this.first ? 0 : 1 + Math.floor((index - this.first) / this.perSlot);
  }

  size(slot: number): number {
    return slot === 0 ? this.first : this.perSlot;
  }
}

/** Which rows of a table change in which slot. `total` tells how many rows exist as of a slot. */
export class Changes {
  readonly #key: number;
  readonly #total: (slot: number) => number;

  constructor(key: number, total: (slot: number) => number) {
    this.#key = key;
    this.#total = total;
  }

  /** The last slot up to `slot` that changed the row; 0 for a row that is as it was born. */
  version(index: number, slot: number): number {
    const turn = (index ^ this.#scramble(index >>> 6)) & (GROUP - 1);
    const last = slot - ((((slot - turn) % GROUP) + GROUP) % GROUP);
    return last >= 1 && index < this.#total(last - 1) ? last : 0;
  }

  /** How many of the first `known` rows `slot` changes. */
  changed(slot: number, known: number): number {
    return this.#count(slot, Math.min(known, this.#total(slot - 1)));
  }

  /** The `n`th row that `slot` changes. */
  changedAt(slot: number, n: number): number {
    return this.#member(slot, n);
  }

  /** How many of the first `known` rows `slot` sends again although nothing about them changed. */
  repeated(slot: number, known: number): number {
    return this.#count(slot + UNCHANGED, known);
  }

  repeatedAt(slot: number, n: number): number {
    return this.#member(slot + UNCHANGED, n);
  }

  #count(turn: number, rows: number): number {
    const groups = rows >>> 6;
    return groups + (this.#member(turn, groups) < rows ? 1 : 0);
  }

  #member(turn: number, group: number): number {
    return group * GROUP + ((turn ^ this.#scramble(group)) & (GROUP - 1));
  }

  /** Without it, the changed rows would stand at equal distances. */
  #scramble(group: number): number {
    return hash(this.#key, group) & (GROUP - 1);
  }
}

/** A bijection of 0..n-1 onto itself: spreads what is in order over the whole range, and finds it back. */
export class Shuffle {
  readonly #n: number;
  readonly #factor: number;
  readonly #inverse: number;
  readonly #shift: number;

  constructor(n: number, key: number) {
    this.#n = n;
    this.#shift = n === 0 ? 0 : hash(key, n) % n;
    // Near the golden section of n neighbours land far apart. n stays below 2^26, so products are exact in a double.
    let factor = Math.max(1, Math.floor(n * 0.6180339887));
    while (n > 1 && divisor(factor, n) !== 1) factor++;
    this.#factor = factor;
    this.#inverse = n > 1 ? inverse(factor, n) : 1;
  }

  forward(rank: number): number {
    return (rank * this.#factor + this.#shift) % this.#n;
  }

  back(place: number): number {
    return ((place - this.#shift + this.#n) * this.#inverse) % this.#n;
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** The extended Euclidean algorithm. */
function inverse(a: number, n: number): number {
  let [r, next, t, nextT] = [n, a, 0, 1];
  while (next !== 0) {
    const quotient = Math.floor(r / next);
    [r, next] = [next, r - quotient * next];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return t < 0 ? t + n : t;
}
