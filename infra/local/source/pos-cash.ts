import type { Columns, Table } from './columns.ts';
import type { CsvBytes } from './csv.ts';
import { Categories } from './distributions.ts';
import { Histories } from './histories.ts';
import { Loan } from './loans.ts';
import type { Population } from './population.ts';
import { firstCard } from './previous-classes.ts';
import { below, between, Draw, salt } from './random.ts';

/** Loans with a history, at scale 1. */
const FULL_HISTORIES = 936_325;

const STATUS = new Categories({
  Active: 93,
  Completed: 4,
  Signed: 1.5,
  Demand: 0.6,
  'Returned to the store': 0.4,
  Approved: 0.3,
  'Amortized debt': 0.1,
  Canceled: 0.1,
});
const ACTIVE = STATUS.indexOf('Active');
const COMPLETED = STATUS.indexOf('Completed');
const RETURNED = STATUS.indexOf('Returned to the store');
const SIGNED = STATUS.indexOf('Signed');
const APPROVED = STATUS.indexOf('Approved');
const DEMAND = STATUS.indexOf('Demand');
const AMORTIZED = STATUS.indexOf('Amortized debt');
const CANCELED = STATUS.indexOf('Canceled');

const S = { end: salt('end'), term: salt('term'), status: salt('NAME_CONTRACT_STATUS'), late: salt('SK_DPD') };

/** POS_CASH_balance: earlier cash and point-of-sale loans month by month, the latest month first. */
export class PosCash implements Table {
  readonly columns: Columns;
  readonly #histories: Histories;
  readonly #loan: Loan;
  readonly #key: number;
  readonly #story = new Draw();
  readonly #draw = new Draw();
  /** The latest month told of, as months before the current application. */
  #latest = 1;
  #term = 0;
  #ended = false;
  #status = 0;
  #late = 0;

  constructor(population: Population, out: CsvBytes) {
    this.#histories = new Histories(population, 'POS_CASH_balance', FULL_HISTORIES);
    this.#loan = new Loan(population, { first: () => 0, end: firstCard }, 0);
    this.#key = population.key('POS_CASH_balance');
    this.columns = {
      SK_ID_PREV: () => out.int(this.#loan.applicationId),
      SK_ID_CURR: () => out.int(this.#loan.clientId),
      MONTHS_BALANCE: () => out.int(-this.#latest - this.#histories.place),
      CNT_INSTALMENT: () => {
        if (this.#status !== APPROVED && this.#status !== SIGNED) out.looseInt(this.#term);
      },
      CNT_INSTALMENT_FUTURE: () => {
        if (this.#status !== APPROVED && this.#status !== SIGNED) out.looseInt(this.#remaining());
      },
      NAME_CONTRACT_STATUS: () => out.text(STATUS.field(this.#status)),
      SK_DPD: () => out.int(this.#late),
      SK_DPD_DEF: () => out.int(this.#late > 30 ? 0 : this.#late),
    };
  }

  seek(index: number, version: number): void {
    if (this.#histories.seek(index)) this.#tell();
    this.#draw.seat(this.#key, index, version);
    this.#status = this.#reported();
    this.#late = this.#daysLate();
  }

  #tell(): void {
    this.#loan.tell(this.#histories);
    const story = this.#story;
    story.seat(this.#key, -1 - this.#histories.id, 0);
    const { length } = this.#histories;
    const back = below(story.at(S.end), 1_000) / 1_000;
    this.#latest = 1 + Math.floor(back * back * Math.max(1, 95 - length));
    this.#ended = this.#latest > 3 && below(story.at(S.end + 1), 100) < 88;
    // A loan that ended was told of to its last instalment, or paid off before it.
    this.#term = length - 1 + (this.#ended ? 0 : between(story.at(S.term), 1, 24));
    this.#term = Math.max(1, this.#term);
  }

  #remaining(): number {
    const { place, length } = this.#histories;
    return this.#status === COMPLETED ? 0 : Math.max(0, this.#term - (length - 1 - place));
  }

  #reported(): number {
    const { place, length } = this.#histories;
    const luck = below(this.#draw.at(S.status), 10_000);
    if (place === 0 && this.#ended)
      return luck < 9_550 ? COMPLETED : luck < 9_900 ? RETURNED : luck < 9_980 ? CANCELED : AMORTIZED;
    if (place === length - 1) return luck < 1_200 ? SIGNED : luck < 1_250 ? APPROVED : ACTIVE;
    return luck < 8 ? DEMAND : ACTIVE;
  }

  #daysLate(): number {
    const draw = this.#draw;
    // A change corrects the days past due.
    if (draw.version > 0) return between(draw.fresh(S.late), 1, 29);
    const luck = below(draw.at(S.late), 10_000);
    const late = this.#loan.troubled ? 620 : 260;
    if (luck >= late) return 0;
    return luck < late * 0.04 ? between(draw.at(S.late + 1), 31, 900) : between(draw.at(S.late + 1), 1, 30);
  }
}
