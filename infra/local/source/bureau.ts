import { ColumnKinds, type Columns, type Table } from './columns.ts';
import type { Column, CsvBytes } from './csv.ts';
import { Categories, Quantiles } from './distributions.ts';
import type { Population } from './population.ts';
import { below, between, Draw, salt } from './random.ts';

const ACTIVE = new Categories({ Closed: 62.9, Active: 36.5, Sold: 0.5, 'Bad debt': 0.1 });
const IS_CLOSED = ACTIVE.indexOf('Closed');
const IS_ACTIVE = ACTIVE.indexOf('Active');
const CURRENCY = new Categories({ 'currency 1': 97.4, 'currency 2': 1.9, 'currency 3': 0.5, 'currency 4': 0.2 });
const TYPE = new Categories({
  'Consumer credit': 72.4,
  'Credit card': 23.2,
  'Car loan': 1.7,
  Mortgage: 1.1,
  Microloan: 0.8,
  'Loan for business development': 0.25,
  'Another type of loan': 0.15,
  'Unknown type of loan': 0.1,
  'Loan for working capital replenishment': 0.08,
  'Cash loan (non-earmarked)': 0.06,
  'Real estate loan': 0.05,
  'Loan for the purchase of equipment': 0.04,
  'Interbank credit': 0.03,
});
/** Typical sums of each type, against those of a consumer credit. */
const TYPE_SIZE = [1, 0.6, 6, 25, 0.2, 12, 1.5, 1, 10, 1.2, 18, 8, 30];
// Thousands.
const SUM = new Quantiles(4, 22, 45, 67.5, 100, 136, 187, 270, 450, 800, 2_000);
const DAYS = new Quantiles(1, 250, 480, 720, 1_000, 1_350, 1_750, 2_250, 2_922);

const S = {
  active: salt('CREDIT_ACTIVE'),
  type: salt('CREDIT_TYPE'),
  days: salt('DAYS_CREDIT'),
  term: salt('DAYS_CREDIT_ENDDATE'),
  overdue: salt('CREDIT_DAY_OVERDUE'),
  worst: salt('AMT_CREDIT_MAX_OVERDUE'),
  prolong: salt('CNT_CREDIT_PROLONG'),
  sum: salt('AMT_CREDIT_SUM'),
  debt: salt('AMT_CREDIT_SUM_DEBT'),
  limit: salt('AMT_CREDIT_SUM_LIMIT'),
  update: salt('DAYS_CREDIT_UPDATE'),
  annuity: salt('AMT_ANNUITY'),
};

/** bureau: the credits that clients have or had elsewhere. */
export class Bureau implements Table {
  readonly columns: Columns;
  readonly #population: Population;
  readonly #key: number;
  readonly #draw = new Draw();
  #credit = 0;
  #active = 0;
  #type = 0;
  #days = 0;
  #term = 0;
  /** Thousandths. */
  #sum = 0;
  #overdue = 0;

  constructor(population: Population, out: CsvBytes) {
    this.#population = population;
    this.#key = population.key('bureau');
    this.columns = { ...this.#dates(out), ...this.#amounts(out) };
  }

  seek(index: number, version: number): void {
    const draw = this.#draw;
    draw.seat(this.#key, index, version);
    this.#credit = index;
    this.#active = ACTIVE.pick(draw.at(S.active));
    // A change closes some of the credits that were open.
    if (version > 0 && this.#active === IS_ACTIVE && below(draw.fresh(S.active), 100) < 30) this.#active = IS_CLOSED;
    this.#type = TYPE.pick(draw.at(S.type));
    this.#days = Math.round(DAYS.at(draw.at(S.days)));
    this.#term = between(draw.at(S.term), 90, 1_800);
    const sum = SUM.at(draw.at(S.sum)) * (TYPE_SIZE[this.#type] as number);
    // Two out of three sums are round, the others are exact to the third decimal.
    this.#sum = below(draw.at(S.sum + 1), 3) < 2 ? Math.round(sum * 2) * 500_000 : Math.round(sum * 1_000_000);
    const late = this.#active === IS_ACTIVE && below(draw.at(S.overdue), 1000) < 12;
    this.#overdue = late ? between(draw.fresh(S.overdue + 1), 1, 120) : 0;
  }

  #dates(out: CsvBytes): Record<string, Column> {
    const draw = this.#draw;
    const kinds = new ColumnKinds(out, draw);
    return {
      SK_ID_CURR: () => out.int(this.#population.ownerId(this.#population.creditOwner(this.#credit))),
      SK_ID_BUREAU: () => out.int(this.#population.creditId(this.#credit)),
      CREDIT_ACTIVE: () => out.text(ACTIVE.field(this.#active)),
      CREDIT_CURRENCY: kinds.choice('CREDIT_CURRENCY', CURRENCY),
      CREDIT_TYPE: () => out.text(TYPE.field(this.#type)),
      DAYS_CREDIT: () => out.int(-this.#days),
      CREDIT_DAY_OVERDUE: () => out.int(this.#overdue),
      DAYS_CREDIT_ENDDATE: () => {
        const luck = below(draw.at(S.term + 1), 10_000);
        if (luck < 610) return;
        // A few bureaus report a date of the century before last for: none.
        out.looseInt(luck < 615 ? -between(draw.at(S.term + 2), 41_800, 42_060) : this.#term - this.#days);
      },
      DAYS_ENDDATE_FACT: () => {
        if (this.#active !== IS_ACTIVE)
          out.looseInt(Math.min(-1, this.#term - this.#days - below(draw.at(S.term + 3), 90)));
      },
      DAYS_CREDIT_UPDATE: () => {
        const luck = below(draw.at(S.update), 100_000);
        if (luck < 5) return out.int(-between(draw.at(S.update + 1), 41_800, 42_060));
        const since = this.#active === IS_ACTIVE ? 60 : this.#days;
        out.int(-1 - below(draw.fresh(S.update + 1), since));
      },
    };
  }

  #amounts(out: CsvBytes): Record<string, Column> {
    const draw = this.#draw;
    const open = () => this.#active !== IS_CLOSED;
    return {
      CNT_CREDIT_PROLONG: () => {
        const luck = below(draw.at(S.prolong), 1000);
        out.int(luck < 6 ? (luck < 1 ? 2 : 1) : 0);
      },
      AMT_CREDIT_MAX_OVERDUE: () => {
        const luck = below(draw.at(S.worst), 1000);
        if (luck < 655) return;
        out.amount(luck < 920 ? 0 : below(draw.at(S.worst + 1), 60_000) * 45 + (this.#overdue > 0 ? 45 : 0));
      },
      AMT_CREDIT_SUM: () => {
        if (draw.at(S.sum + 2) >= 16_000) out.amount(this.#sum);
      },
      AMT_CREDIT_SUM_DEBT: () => {
        const luck = below(draw.at(S.debt), 1000);
        if (luck < 150) return;
        if (!open()) return out.amount(0);
        // Overpaid: the bureau owes, in a manner of speaking.
        if (luck < 157) return out.amount(-between(draw.fresh(S.debt + 1), 1, 9_000) * 225);
        out.amount(Math.floor((this.#sum / 1000) * below(draw.fresh(S.debt + 1), 1001)));
      },
      AMT_CREDIT_SUM_LIMIT: () => {
        const luck = below(draw.at(S.limit), 1000);
        if (luck < 345) return;
        if (!open() || this.#type !== 1) return out.amount(0);
        if (luck < 349) return out.amount(-between(draw.at(S.limit + 1), 1, 5_000) * 117);
        out.amount(Math.floor((this.#sum / 1000) * below(draw.fresh(S.limit + 1), 1001)));
      },
      AMT_CREDIT_SUM_OVERDUE: () => {
        out.amount(
          this.#overdue === 0 ? 0 : Math.floor((this.#sum / 20_000) * (1 + below(draw.fresh(S.overdue + 2), 1000))),
        );
      },
      AMT_ANNUITY: () => {
        const luck = below(draw.at(S.annuity), 1000);
        if (luck < 715) return;
        out.amount(luck < 790 ? 0 : Math.round((this.#sum * 30) / this.#term / 500) * 500);
      },
    };
  }
}
