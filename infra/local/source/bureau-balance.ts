import { Client } from './clients.ts';
import type { Columns, Table } from './columns.ts';
import type { CsvBytes } from './csv.ts';
import { field } from './csv.ts';
import { Histories } from './histories.ts';
import type { Population } from './population.ts';
import { below, between, Draw, salt } from './random.ts';

/** Credits with a history, at scale 1: about half of those in bureau. */
const FULL_HISTORIES = 817_395;

const STATUS = ['0', '1', '2', '3', '4', '5', 'C', 'X'].map(field);
const CLOSED = 6;
const UNKNOWN = 7;
/** What a change makes of each status: a corrected report. */
const CORRECTED = [1, 0, 1, 2, 5, 4, 0, 0];

const S = {
  closing: salt('closing'),
  default: salt('default'),
  recovery: salt('recovery'),
  unknown: salt('unknown'),
  slip: salt('slip'),
};

/** bureau_balance: the state of a bureau credit in each month, the latest month first. */
export class BureauBalance implements Table {
  readonly columns: Columns;
  readonly #population: Population;
  readonly #histories: Histories;
  readonly #key: number;
  readonly #client: Client;
  readonly #story = new Draw();
  readonly #draw = new Draw();
  #creditId = 0;
  /** Months since the credit was opened: when it was closed, and when it defaulted and recovered. -1: never. */
  #closedAt = -1;
  #defaultedAt = -1;
  #recoveredAt = -1;
  #index = 0;
  #version = 0;

  constructor(population: Population, out: CsvBytes) {
    this.#population = population;
    this.#histories = new Histories(population, 'bureau_balance', FULL_HISTORIES);
    this.#key = population.key('bureau_balance');
    this.#client = new Client(population);
    this.columns = {
      SK_ID_BUREAU: () => out.int(this.#creditId),
      MONTHS_BALANCE: () => out.int(-this.#histories.place),
      STATUS: () => out.text(STATUS[this.#status()] as Uint8Array),
    };
  }

  seek(index: number, version: number): void {
    if (this.#histories.seek(index)) this.#tell();
    this.#index = index;
    this.#version = version;
  }

  /** What happened to the credit whose months are told. */
  #tell(): void {
    const { id, known, unknown, slot, length } = this.#histories;
    const population = this.#population;
    const story = this.#story;
    story.seat(this.#key, id, 0);
    let troubled = false;
    if (known >= 0) {
      const credits = population.bureau.size(slot);
      const credit = population.bureau.total(slot - 1) + population.shuffle(credits, this.#key).forward(known);
      this.#creditId = population.creditId(credit);
      const owner = population.creditOwner(credit);
      if (owner >= 0) {
        this.#client.seek(owner, 0);
        troubled = this.#client.defaults;
      }
    } else {
      this.#creditId = population.unknownCreditId(unknown);
    }
    const closes = length > 3 && below(story.at(S.closing), 100) < 68;
    this.#closedAt = closes ? between(story.at(S.closing + 1), 2, Math.max(2, length - 1)) : -1;
    this.#defaultedAt = -1;
    this.#recoveredAt = -1;
    // The default shows at the fourth month without payment; three out of seven credits recover after some more.
    if (length > 8 && below(story.at(S.default), 1000) < (troubled ? 75 : 24)) {
      this.#defaultedAt = between(story.at(S.default + 1), 5, length - 2);
      const recovers = below(story.at(S.recovery), 100) < (troubled ? 28 : 48);
      const rest = length - 1 - this.#defaultedAt;
      this.#recoveredAt = recovers ? this.#defaultedAt + between(story.at(S.recovery + 1), 1, rest) : -1;
      this.#closedAt = recovers && below(story.at(S.recovery + 2), 2) === 0 ? this.#recoveredAt : -1;
    }
  }

  #status(): number {
    const { place, length } = this.#histories;
    this.#draw.seat(this.#key, this.#index, 0);
    const status = this.#reported(length - 1 - place);
    return this.#version === 0 ? status : (CORRECTED[status] as number);
  }

  #reported(month: number): number {
    const draw = this.#draw;
    const late = this.#defaultedAt < 0 ? -9 : month - this.#defaultedAt;
    if (late >= -4 && (this.#recoveredAt < 0 || month < this.#recoveredAt)) {
      return late < 0 ? Math.max(0, 4 + late) : late === 0 ? 4 : 5;
    }
    if (this.#closedAt >= 0 && month >= this.#closedAt) return CLOSED;
    if (below(draw.at(S.unknown), 1000) < 330) return UNKNOWN;
    const slip = below(draw.at(S.slip), 1000);
    return slip < 24 ? (slip < 2 ? 2 : 1) : 0;
  }
}
