import { Changes } from './growth.ts';
import type { Population, TableName } from './population.ts';
import { below, hash } from './random.ts';
import { TABLE_KINDS } from './tables.ts';

/** Whether the table is part of the slot: always of the first and each fourth, mostly of the others. */
export function delivers(population: Population, table: TableName, slot: number): boolean {
  return slot % 4 === 0 || below(hash(population.key(`${table} slots`), slot), 100) < 85;
}

/** Rows that are delivered for one reason: their number, and the index in the table of each. */
export interface Section {
  count: number;
  indexAt(n: number): number;
}

/** What a slot delivers of a table: rows born since the table's last delivery, rows changed since, and some unchanged. */
export class SlotShare {
  readonly population: Population;
  readonly table: TableName;
  readonly slot: number;
  readonly sections: readonly Section[];
  readonly rows: number;
  readonly #changes: Changes;

  constructor(population: Population, table: TableName, slot: number) {
    this.population = population;
    this.table = table;
    this.slot = slot;
    const total = (at: number) => TABLE_KINDS[table].total(population, at);
    const changes = new Changes(population.key(`${table} changes`), total);
    this.#changes = changes;
    let last = slot - 1;
    while (last >= 0 && !delivers(population, table, last)) last--;
    const known = total(last);
    const sections: Section[] = [{ count: total(slot) - known, indexAt: (n) => known + n }];
    if (last >= 0) {
      for (let at = last + 1; at <= slot; at++) {
        sections.push({ count: changes.changed(at, known), indexAt: (n) => changes.changedAt(at, n) });
      }
      sections.push({ count: changes.repeated(slot, known), indexAt: (n) => changes.repeatedAt(slot, n) });
    }
    this.sections = sections;
    this.rows = sections.reduce((sum, { count }) => sum + count, 0);
  }

  /** The slot that last changed row `index`, as of this slot. */
  version(index: number): number {
    return this.slot === 0 ? 0 : this.#changes.version(index, this.slot);
  }
}
