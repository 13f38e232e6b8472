import { Growth, Shuffle } from './growth.ts';
import { below, hash, salt } from './random.ts';

/** Rows of each table in the full public data, whose shape the bank's files have. Scale 1 is this size. */
export const FULL_ROWS = {
  application_train: 307_511,
  application_test: 48_744,
  bureau: 1_716_428,
  bureau_balance: 27_299_925,
  previous_application: 1_670_214,
  POS_CASH_balance: 10_001_358,
  credit_card_balance: 3_840_312,
  installments_payments: 13_605_401,
} as const;

export type TableName = keyof typeof FULL_ROWS;
export const TABLES = Object.keys(FULL_ROWS) as TableName[];

const FULL_CLIENTS = FULL_ROWS.application_train + FULL_ROWS.application_test;
const FULL_TEST = FULL_ROWS.application_test;

// Other tables also name clients, credits and applications that their own table lacks. Theirs are the identifiers that
// are multiples of these, counted from the first: nobody else ever gets one of them, however much the tables grow.
const STRANGER_EVERY = 50;
const UNKNOWN_CREDIT_EVERY = 20;
const UNKNOWN_APPLICATION_EVERY = 25;

/** Who exists: clients and the credits they have here and elsewhere, with their identifiers. The tables tell the rest. */
export class Population {
  readonly seed: number;
  readonly scale: number;
  readonly clients: Growth;
  readonly bureau: Growth;
  readonly previous: Growth;
  readonly #creditKey: number;
  readonly #applicationKey: number;
  readonly #unknownKey: number;
  readonly #shuffles = new Map<number, Map<number, Shuffle>>();

  constructor(seed: number, scale: number) {
    this.seed = seed;
    this.scale = scale;
    this.#creditKey = this.key('owners of credits');
    this.#applicationKey = this.key('owners of applications');
    this.#unknownKey = this.key('owners of unknown applications');
    this.clients = new Growth(this.rows('application_train') + this.rows('application_test'));
    this.bureau = new Growth(this.rows('bureau'));
    this.previous = new Growth(this.rows('previous_application'));
  }

  rows(table: TableName): number {
    return this.scaled(FULL_ROWS[table]);
  }

  /** How a table grows that tells of things month by month. */
  months(table: TableName): Growth {
    return new Growth(this.rows(table));
  }

  scaled(count: number): number {
    return Math.max(1, Math.round(count * this.scale));
  }

  key(name: string): number {
    return hash(salt(name), this.seed);
  }

  clientId(client: number): number {
    return known(100_001, client, STRANGER_EVERY);
  }

  creditId(credit: number): number {
    return known(5_000_000, credit, UNKNOWN_CREDIT_EVERY);
  }

  unknownCreditId(n: number): number {
    return unknown(5_000_000, n, UNKNOWN_CREDIT_EVERY);
  }

  applicationId(application: number): number {
    return known(1_000_000, application, UNKNOWN_APPLICATION_EVERY);
  }

  unknownApplicationId(n: number): number {
    return unknown(1_000_000, n, UNKNOWN_APPLICATION_EVERY);
  }

  isTest(client: number): boolean {
    return (client * FULL_TEST) % FULL_CLIENTS < FULL_TEST;
  }

  /** How many of the first `clients` have their application in application_test. */
  testAmong(clients: number): number {
    return clients === 0 ? 0 : Math.floor(((clients - 1) * FULL_TEST) / FULL_CLIENTS) + 1;
  }

  /** How many of the first `clients` have their application in application_train. */
  trainAmong(clients: number): number {
    return clients - this.testAmong(clients);
  }

  /** The client of row `index` of application_test. */
  testClient(index: number): number {
    return Math.ceil((index * FULL_CLIENTS) / FULL_TEST);
  }

  /** The client of row `index` of application_train. */
  trainClient(index: number): number {
    let client = Math.max(0, Math.floor((index * FULL_CLIENTS) / (FULL_CLIENTS - FULL_TEST)) - 2);
    while (this.trainAmong(client) < index || this.isTest(client)) client++;
    return client;
  }

  /** The owner of row `credit` of bureau. */
  creditOwner(credit: number): number {
    return this.#owner(this.#creditKey, credit, this.bureau.bornIn(credit));
  }

  /** The owner of row `application` of previous_application. */
  applicationOwner(application: number): number {
    return this.#owner(this.#applicationKey, application, this.previous.bornIn(application));
  }

  /** The rank, which decides its kind, of the application at `place` among the `count` born in one slot. */
  rankOfApplication(place: number, count: number): number {
    return this.shuffle(count, this.#applicationKey).back(place);
  }

  /** The row of previous_application of that rank, born in `slot`. */
  applicationOfRank(rank: number, slot: number): number {
    return this.previous.total(slot - 1) + this.shuffle(this.previous.size(slot), this.#applicationKey).forward(rank);
  }

  /** Who owns an application that previous_application lacks: any client of the first slot. */
  unknownOwner(n: number): number {
    return this.#owner(this.#unknownKey, n, 0);
  }

  /** SK_ID_CURR of an owner. */
  ownerId(owner: number): number {
    return owner < 0 ? unknown(100_001, -1 - owner, STRANGER_EVERY) : this.clientId(owner);
  }

  /**
   * A client who existed in `slot`, or -1 - n for the nth of those without an application. About one client in seven
   * owns nothing, most own a few things, and some own many.
   */
  #owner(key: number, thing: number, slot: number): number {
    const clients = this.clients.total(slot);
    const x = hash(key, 2 * thing) / 0x80000000;
    if (below(hash(key, 2 * thing + 1), 1000) < 15) return -1 - Math.floor((x * clients) / STRANGER_EVERY);
    return this.shuffle(clients, key).forward(Math.floor(x * (0.31 + 0.55 * x) * clients));
  }

  /** The same key and n always give the same shuffle; making one costs more than using it. */
  shuffle(n: number, key: number): Shuffle {
    let ofKey = this.#shuffles.get(key);
    if (ofKey === undefined) {
      ofKey = new Map();
      this.#shuffles.set(key, ofKey);
    }
    let shuffle = ofKey.get(n);
    if (shuffle === undefined) {
      shuffle = new Shuffle(n, key);
      ofKey.set(n, shuffle);
    }
    return shuffle;
  }
}

function known(before: number, index: number, every: number): number {
  return before + 1 + index + Math.floor(index / (every - 1));
}

function unknown(before: number, index: number, every: number): number {
  return before + (index + 1) * every;
}
