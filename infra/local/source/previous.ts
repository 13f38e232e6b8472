import { ColumnKinds, type Columns, type Table } from './columns.ts';
import { type Column, type CsvBytes, field } from './csv.ts';
import { Quantiles } from './distributions.ts';
import type { Population } from './population.ts';
import { CONTRACT, classOf, STATUS } from './previous-classes.ts';
import { previousDates } from './previous-dates.ts';
import * as texts from './previous-texts.ts';
import { below, between, Draw, salt } from './random.ts';

export const CASH = CONTRACT.indexOf('Cash loans');
export const CONSUMER = CONTRACT.indexOf('Consumer loans');
export const REVOLVING = CONTRACT.indexOf('Revolving loans');
const APPROVED = STATUS.indexOf('Approved');
const CANCELED = STATUS.indexOf('Canceled');
const REFUSED = STATUS.indexOf('Refused');
const UNUSED = STATUS.indexOf('Unused offer');

const NOT_AVAILABLE = field('XNA');
const NOT_APPLICABLE = field('XAP');
const CLIENT_REASON = field('CLIENT');
const YES = field('Y');
const NO = field('N');
/** Shares below a ten-thousandth come in the exponent forms of two tools. */
const TINY = ['4e-05', '9.53E-05', '1.2e-05', '8.1733e-05', '2.5E-05', '6.0469999999999996e-05'].map(field);
const TERMS = [6, 6, 8, 10, 10, 12, 12, 12, 12, 18, 24, 24, 36, 36, 48, 60];

// Thousands: what was asked for in a shop, and in cash.
const GOODS_PRICE = new Quantiles(3, 18, 30, 44, 58, 70, 89, 113, 146, 195, 450);
const CASH_AMOUNT = new Quantiles(22, 60, 112, 180, 225, 315, 405, 495, 675, 900, 1_575);

const S = {
  amount: salt('AMT_APPLICATION'),
  credit: salt('AMT_CREDIT'),
  annuity: salt('AMT_ANNUITY'),
  down: salt('AMT_DOWN_PAYMENT'),
  interest: salt('RATE_INTEREST_PRIMARY'),
  status: salt('NAME_CONTRACT_STATUS'),
  decision: salt('DAYS_DECISION'),
  term: salt('CNT_PAYMENT'),
  purpose: salt('NAME_CASH_LOAN_PURPOSE'),
  rejection: salt('CODE_REJECT_REASON'),
  goods: salt('NAME_GOODS_CATEGORY'),
  industry: salt('NAME_SELLER_INDUSTRY'),
  place: salt('SELLERPLACE_AREA'),
  combination: salt('PRODUCT_COMBINATION'),
  last: salt('FLAG_LAST_APPL_PER_CONTRACT'),
};

/** previous_application: earlier applications at the bank, of all kinds and with every outcome. */
export class PreviousApplications implements Table {
  readonly columns: Columns;
  readonly #population: Population;
  readonly #key: number;
  readonly draw = new Draw();
  #application = 0;
  contract = 0;
  status = 0;
  /** Days from the decision to the current application, and the number of monthly payments. */
  decision = 0;
  term = 0;
  /** Thousandths; 0 where nothing was asked for in the end. */
  #asked = 0;
  #credit = 0;
  /** Ten-thousandths of the price paid at once; -1: no such payment. */
  #down = -1;

  constructor(population: Population, out: CsvBytes) {
    this.#population = population;
    this.#key = population.key('previous_application');
    this.columns = {
      ...this.#identity(out),
      ...this.#amounts(out),
      ...this.#product(out),
      ...previousDates(this, out),
    };
  }

  get approved(): boolean {
    return this.status === APPROVED;
  }

  seek(index: number, version: number): void {
    const { draw } = this;
    draw.seat(this.#key, index, version);
    this.#application = index;
    const slot = this.#population.previous.bornIn(index);
    const count = this.#population.previous.size(slot);
    const place = index - this.#population.previous.total(slot - 1);
    const { contract, status } = classOf(this.#population.rankOfApplication(place, count), count);
    this.contract = contract;
    this.status = status;
    // A change finds out that a few of the approved offers were never taken.
    if (version > 0 && status === APPROVED && below(draw.fresh(S.status), 100) < 2) this.status = UNUSED;
    const back = below(draw.at(S.decision), 10_000) / 10_000;
    // A change also corrects the day, so that it always changes something.
    this.decision = Math.round(30 + 2_850 * back * back) + (version > 0 ? between(draw.fresh(S.decision), 1, 28) : 0);
    this.term = TERMS[below(draw.at(S.term), TERMS.length)] as number;
    this.#price(version);
  }

  #price(version: number): void {
    const { draw } = this;
    const nothing = this.contract > REVOLVING || (this.status === CANCELED && below(draw.at(S.amount + 1), 100) < 88);
    const asked = (this.contract === CONSUMER ? GOODS_PRICE : CASH_AMOUNT).at(draw.at(S.amount));
    this.#asked = nothing
      ? 0
      : Math.max(1, Math.round(asked * (this.contract === CONSUMER ? 200 : 2 / 9))) *
        (this.contract === CONSUMER ? 5_000 : 4_500_000);
    const granted = between(version > 0 ? draw.fresh(S.credit) : draw.at(S.credit), 860, 1_190);
    this.#credit = Math.round((this.#asked * granted) / 500_000) * 500;
    const pays = this.contract === CONSUMER && below(draw.at(S.down), 100) < 87;
    this.#down = pays ? (below(draw.at(S.down + 1), 100) < 42 ? 0 : below(draw.at(S.down + 2), 3_000)) : -1;
  }

  #identity(out: CsvBytes): Record<string, Column> {
    const { draw } = this;
    const kinds = new ColumnKinds(out, draw);
    return {
      SK_ID_PREV: () => out.int(this.#population.applicationId(this.#application)),
      SK_ID_CURR: () => out.int(this.#population.ownerId(this.#population.applicationOwner(this.#application))),
      NAME_CONTRACT_TYPE: () => out.text(CONTRACT.field(this.contract)),
      NAME_CONTRACT_STATUS: () => out.text(STATUS.field(this.status)),
      WEEKDAY_APPR_PROCESS_START: kinds.choice('WEEKDAY_APPR_PROCESS_START', texts.WEEKDAY),
      HOUR_APPR_PROCESS_START: kinds.range('HOUR_APPR_PROCESS_START', 7, 19),
      FLAG_LAST_APPL_PER_CONTRACT: () => out.text(below(draw.at(S.last), 1000) < 5 ? NO : YES),
      NFLAG_LAST_APPL_IN_DAY: kinds.flag('NFLAG_LAST_APPL_IN_DAY', 996),
      NAME_PAYMENT_TYPE: kinds.choice('NAME_PAYMENT_TYPE', texts.PAYMENT),
      NAME_TYPE_SUITE: kinds.choice('NAME_TYPE_SUITE', texts.SUITE, 491),
      NAME_CLIENT_TYPE: kinds.choice('NAME_CLIENT_TYPE', texts.CLIENT),
      CHANNEL_TYPE: kinds.choice('CHANNEL_TYPE', texts.CHANNEL),
    };
  }

  #amounts(out: CsvBytes): Record<string, Column> {
    const { draw } = this;
    const rate = (share: number, low: number, high: number, shift: number) => () => {
      if (this.contract !== CONSUMER || !this.approved || below(draw.at(S.interest), 1000) >= share) return;
      const first = between(draw.at(S.interest + shift), low, high);
      out.longRatio(first, draw.at(S.interest + shift + 1), draw.at(S.interest + shift + 2));
    };
    return {
      AMT_ANNUITY: () => {
        if (this.#asked === 0 || (!this.approved && below(draw.at(S.annuity + 1), 100) < 18)) return;
        const interest = this.contract === REVOLVING ? 50 : 1_000 / this.term + between(draw.at(S.annuity), 8, 30);
        out.amount(
          Math.round((this.#credit * interest) / 5_000_000) * 5_000 +
            (this.contract === REVOLVING ? 0 : 45 * below(draw.at(S.annuity + 2), 100)),
        );
      },
      AMT_APPLICATION: () => out.amount(this.#asked),
      AMT_CREDIT: () => out.amount(this.#credit),
      AMT_DOWN_PAYMENT: () => {
        if (this.#down >= 0) out.amount(Math.round((this.#asked * this.#down) / 10_000 / 500) * 500);
      },
      AMT_GOODS_PRICE: () => {
        if (this.#asked > 0) out.amount(this.#asked);
      },
      RATE_DOWN_PAYMENT: () => {
        if (this.#down < 0) return;
        if (this.#down === 0) return out.ratio(0, 1);
        const tiny = below(draw.at(S.down + 3), 400);
        if (tiny < TINY.length) return out.text(TINY[tiny] as Uint8Array);
        out.longRatio(this.#down, draw.at(S.down + 4), draw.at(S.down + 5));
      },
      RATE_INTEREST_PRIMARY: rate(9, 1_423, 2_600, 1),
      RATE_INTEREST_PRIVILEGED: rate(9, 3_732, 8_673, 4),
    };
  }

  #product(out: CsvBytes): Record<string, Column> {
    const { draw } = this;
    const kinds = new ColumnKinds(out, draw);
    const product = kinds.choice('NAME_PRODUCT_TYPE', texts.PRODUCT);
    const yieldGroup = kinds.choice('NAME_YIELD_GROUP', texts.YIELD);
    const goods = kinds.choice('NAME_GOODS_CATEGORY', texts.GOODS);
    const industry = kinds.choice('NAME_SELLER_INDUSTRY', texts.INDUSTRY);
    const purpose = kinds.choice('NAME_CASH_LOAN_PURPOSE', texts.PURPOSE);
    const reason = kinds.choice('CODE_REJECT_REASON', texts.REJECTION);
    return {
      NAME_CASH_LOAN_PURPOSE: () => (this.contract === CASH ? purpose() : out.text(NOT_APPLICABLE)),
      CODE_REJECT_REASON: () => {
        if (this.status === REFUSED) reason();
        else out.text(this.status === UNUSED ? CLIENT_REASON : NOT_APPLICABLE);
      },
      NAME_GOODS_CATEGORY: () => (this.contract === CONSUMER ? goods() : out.text(NOT_AVAILABLE)),
      NAME_PORTFOLIO: () => out.text(this.#asked === 0 ? NOT_AVAILABLE : texts.PORTFOLIO.field(this.contract)),
      NAME_PRODUCT_TYPE: () => (this.contract === CONSUMER ? out.text(NOT_AVAILABLE) : product()),
      SELLERPLACE_AREA: () => {
        if (this.contract !== CONSUMER && below(draw.at(S.place), 100) < 84) return out.int(-1);
        const luck = below(draw.at(S.place + 1), 1_000_000);
        const part = below(draw.at(S.place + 2), 1_000) / 1_000;
        out.int(luck < 4 ? 4_000_000 : Math.floor(part * part * part * 4_000));
      },
      NAME_SELLER_INDUSTRY: () => (this.contract === CONSUMER ? industry() : out.text(NOT_AVAILABLE)),
      CNT_PAYMENT: () => {
        if (this.#asked > 0) out.looseInt(this.contract === REVOLVING ? 0 : this.term);
      },
      NAME_YIELD_GROUP: () => (this.#asked === 0 ? out.text(NOT_AVAILABLE) : yieldGroup()),
      PRODUCT_COMBINATION: () => {
        const ofContract = texts.COMBINATION[this.contract];
        if (ofContract) out.text(ofContract.field(ofContract.pick(draw.at(S.combination))));
      },
    };
  }
}
