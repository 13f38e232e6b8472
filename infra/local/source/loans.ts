import { Client } from './clients.ts';
import type { Histories } from './histories.ts';
import type { Population } from './population.ts';

/** The ranks, among the `applications` of a slot, of those that a table tells of: from `first` up to but not `end`. */
export interface Ranks {
  first(applications: number): number;
  end(applications: number): number;
}

/** Beyond the number of the unknown things of any lake. */
const LEFT_OVER = 1_000_000;

/** Which earlier application a history tells of, and whose it was. */
export class Loan {
  /** SK_ID_PREV and SK_ID_CURR. */
  applicationId = 0;
  clientId = 0;
  /** Whether the client has payment difficulties with the current loan: such clients also paid earlier ones later. */
  troubled = false;
  readonly #population: Population;
  readonly #client: Client;
  readonly #ranks: Ranks;
  readonly #turn: number;

  /**
   * `ranks`: which applications of a slot such histories tell of.
   * `turn`: 0 or 1, so that loans and cards that no table knows have different identifiers.
   */
  constructor(population: Population, ranks: Ranks, turn: 0 | 1) {
    this.#population = population;
    this.#client = new Client(population);
    this.#ranks = ranks;
    this.#turn = turn;
  }

  tell({ id, known, unknown, slot }: Histories): void {
    const population = this.#population;
    const applications = population.previous.size(slot);
    const rank = known + this.#ranks.first(applications);
    let owner: number;
    if (known >= 0 && rank < this.#ranks.end(applications)) {
      const application = population.applicationOfRank(rank, slot);
      this.applicationId = population.applicationId(application);
      owner = population.applicationOwner(application);
    } else {
      // In a lake of a few rows there can be one history more than there are applications for it.
      const n = 2 * (known < 0 ? unknown : LEFT_OVER + id) + this.#turn;
      this.applicationId = population.unknownApplicationId(n);
      owner = population.unknownOwner(n);
    }
    this.clientId = population.ownerId(owner);
    this.troubled = false;
    if (owner >= 0) {
      this.#client.seek(owner, 0);
      this.troubled = this.#client.defaults;
    }
  }
}
