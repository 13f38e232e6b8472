import type { Columns, Table } from './columns.ts';
import type { CsvBytes } from './csv.ts';
import { Quantiles } from './distributions.ts';
import { Histories } from './histories.ts';
import { Loan } from './loans.ts';
import type { Population } from './population.ts';
import { firstNotApproved } from './previous-classes.ts';
import { below, between, Draw, salt } from './random.ts';

/** Loans and cards with payments, at scale 1. */
const FULL_HISTORIES = 997_752;

// Thousandths.
const INSTALMENT = new Quantiles(
  900_000,
  2_700_000,
  4_200_000,
  5_900_000,
  7_800_000,
  9_700_000,
  12_300_000,
  16_100_000,
  24_500_000,
  62_000_000,
);

const S = {
  first: salt('first instalment'),
  amount: salt('AMT_INSTALMENT'),
  version: salt('NUM_INSTALMENT_VERSION'),
  split: salt('split payment'),
  paid: salt('DAYS_ENTRY_PAYMENT'),
  payment: salt('AMT_PAYMENT'),
};

/** installments_payments: what was due on earlier loans and cards, and when it was paid, the first instalment first. */
export class Instalments implements Table {
  readonly columns: Columns;
  readonly #histories: Histories;
  readonly #loan: Loan;
  readonly #key: number;
  readonly #story = new Draw();
  readonly #draw = new Draw();
  /** The day of the first instalment. */
  #first = 0;
  /** Thousandths. */
  #amount = 0;
  /** The instalment from which the plan is a new version of itself; -1: never. */
  #replanned = -1;
  #version = 1;
  /** The place of the row that pays the rest of the instalment of the row before it; -1: none. */
  #rest = -1;
  #number = 0;
  /** The day of payment, or 0 for none. */
  #paid = 0;

  constructor(population: Population, out: CsvBytes) {
    this.#histories = new Histories(population, 'installments_payments', FULL_HISTORIES);
    this.#loan = new Loan(population, { first: () => 0, end: firstNotApproved }, 0);
    this.#key = population.key('installments_payments');
    this.columns = {
      SK_ID_PREV: () => out.int(this.#loan.applicationId),
      SK_ID_CURR: () => out.int(this.#loan.clientId),
      NUM_INSTALMENT_VERSION: () => out.looseInt(this.#planVersion()),
      NUM_INSTALMENT_NUMBER: () => out.int(this.#number),
      DAYS_INSTALMENT: () => out.looseInt(this.#due()),
      DAYS_ENTRY_PAYMENT: () => {
        if (this.#paid !== 0) out.looseInt(this.#paid);
      },
      AMT_INSTALMENT: () => out.amount(this.#amount),
      AMT_PAYMENT: () => {
        if (this.#paid !== 0) out.amount(this.#payment());
      },
    };
  }

  seek(index: number, version: number): void {
    if (this.#histories.seek(index)) this.#tell();
    const { place } = this.#histories;
    this.#draw.seat(this.#key, index, version);
    const after = this.#rest >= 0 && place >= this.#rest;
    this.#number = place + (after ? 0 : 1);
    this.#paid = place === this.#rest || place + 1 === this.#rest ? this.#partDay(place) : this.#payday();
  }

  #tell(): void {
    this.#loan.tell(this.#histories);
    const { length } = this.#histories;
    const story = this.#story;
    story.seat(this.#key, -1 - this.#histories.id, 0);
    const back = below(story.at(S.first), 1_000) / 1_000;
    const last = 3 + Math.floor(back * back * Math.max(60, 2_900 - 30 * length));
    this.#first = -last - 30 * (length - 1);
    this.#amount = Math.round(INSTALMENT.at(story.at(S.amount)) / 45) * 45;
    const plan = below(story.at(S.version), 100);
    this.#version = plan < 6 ? 0 : plan < 97 ? 1 : 2;
    this.#replanned = plan >= 92 && length > 3 ? between(story.at(S.version + 1), 2, length) : -1;
    this.#rest = length > 2 && below(story.at(S.split), 100) < 22 ? between(story.at(S.split + 1), 1, length - 1) : -1;
  }

  #planVersion(): number {
    return this.#version + (this.#replanned >= 0 && this.#number >= this.#replanned ? 1 : 0);
  }

  #due(): number {
    return this.#first + 30 * (this.#number - 1);
  }

  /** An instalment paid in two parts: the first in time, the second after another one to four weeks. */
  #partDay(place: number): number {
    const first = this.#due() - between(this.#story.at(S.paid), 0, 6);
    return Math.min(-1, place === this.#rest ? first + between(this.#story.at(S.paid + 1), 7, 28) : first - 1);
  }

  #payday(): number {
    const draw = this.#draw;
    const { troubled } = this.#loan;
    const luck = below(draw.at(S.paid), 10_000);
    if (luck < (troubled ? 140 : 25)) return 0;
    const late = luck >= 10_000 - (troubled ? 1_650 : 820);
    if (!late) return this.#due() - Math.floor((below(draw.at(S.paid + 1), 1_000) / 1_000) * 23);
    const part = below(draw.at(S.paid + 1), 1_000) / 1_000;
    // Most are late by a few days, some by months; those in difficulties by half as much again.
    return Math.min(-1, this.#due() + 1 + Math.floor(part * part * part * part * (troubled ? 95 : 60)));
  }

  #payment(): number {
    const { place } = this.#histories;
    const half = place === this.#rest || place + 1 === this.#rest;
    const whole = half ? Math.round(this.#amount / 2 / 5) * 5 : this.#amount;
    // A change corrects the amount that was paid.
    if (this.#draw.version > 0) return Math.round((whole * between(this.#draw.fresh(S.payment), 300, 990)) / 5_000) * 5;
    return below(this.#draw.at(S.payment), 1_000) < 12 ? Math.round(whole / 2_500) * 500 : whole;
  }
}
