import { Growth } from './growth.ts';
import type { Population, TableName } from './population.ts';
import { hash } from './random.ts';

/** Of so many thousandths of the histories the thing they tell of is in no other table. */
const UNKNOWN_SHARE = 40;

/**
 * The tables with a row a month or an instalment: histories of things, each with a number of rows of its own. Rows lie
 * history after history, and there are exactly as many in all as asked: where history j begins is a rule on j alone.
 */
export class Histories {
  /** Rows of the table as it grows. */
  readonly rows: Growth;
  /** The slot in which the current row was born. */
  slot = 0;
  /** The current history: a number that no other has, for its random draws. */
  id = 0;
  /** Among those of its slot that tell of a known thing, the number of the current history; -1 for an unknown thing. */
  known = 0;
  /** Among all histories of unknown things, the number of the current one; -1 for a known thing. */
  unknown = 0;
  /** The current row's place in its history, from 0, and the number of rows there. */
  place = 0;
  length = 0;
  readonly #key: number;
  readonly #histories: Growth;
  #first = 0;
  #local = -1;

  /** `full`: the number of histories at scale 1. */
  constructor(population: Population, table: TableName, full: number) {
    this.rows = population.months(table);
    this.#histories = new Growth(population.scaled(full));
    this.#key = population.key(`${table} histories`);
  }

  /** Makes row `index` the current one. Returns whether it belongs to another history than the row before. */
  seek(index: number): boolean {
    const slot = this.rows.bornIn(index);
    const row = index - this.rows.total(slot - 1);
    const place = row - this.#first;
    if (slot === this.slot && this.#local >= 0 && place >= 0 && place < this.length) {
      this.place = place;
      return false;
    }
    this.#find(slot, row);
    return true;
  }

  #find(slot: number, row: number): void {
    const [histories, rows] = [this.#histories.size(slot), this.rows.size(slot)];
    let j = Math.min(histories - 1, Math.floor((row / rows) * histories));
    while (this.#start(slot, j) > row) j--;
    while (this.#start(slot, j + 1) <= row) j++;
    this.slot = slot;
    this.#local = j;
    this.#first = this.#start(slot, j);
    this.length = this.#start(slot, j + 1) - this.#first;
    this.place = row - this.#first;
    this.id = this.#histories.total(slot - 1) + j;
    const knownHere = histories - this.#unknownIn(slot);
    this.known = j < knownHere ? j : -1;
    const before = slot === 0 ? 0 : this.#unknownIn(0) + (slot - 1) * this.#unknownIn(1);
    this.unknown = j < knownHere ? -1 : before + j - knownHere;
  }

  #unknownIn(slot: number): number {
    return Math.floor((this.#histories.size(slot) * UNKNOWN_SHARE) / 1000);
  }

  /** The first row of history j of a slot. Shaken by up to 0.46 of a mean length, so lengths differ and stay above 0. */
  #start(slot: number, j: number): number {
    const [histories, rows] = [this.#histories.size(slot), this.rows.size(slot)];
    if (j <= 0 || j >= histories) return j <= 0 ? 0 : rows;
    const shake = (hash(this.#key + slot, j) / 0x80000000 - 0.5) * 0.92;
    return Math.floor((rows * (j + shake)) / histories);
  }
}
