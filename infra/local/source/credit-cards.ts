import type { Columns, Table } from './columns.ts';
import type { Column, CsvBytes } from './csv.ts';
import { Categories } from './distributions.ts';
import { Histories } from './histories.ts';
import { Loan } from './loans.ts';
import type { Population } from './population.ts';
import { firstCard, firstNotApproved } from './previous-classes.ts';
import { below, between, Draw, salt } from './random.ts';

/** Cards with a history, at scale 1. */
const FULL_HISTORIES = 104_307;

const STATUS = new Categories({
  Active: 96.3,
  Completed: 3.3,
  Signed: 0.3,
  Demand: 0.05,
  'Sent proposal': 0.03,
  Refused: 0.02,
});
const LIMITS = [45, 45, 67.5, 90, 90, 135, 135, 180, 180, 180, 225, 225, 270, 315, 405, 450];

const S = {
  used: salt('used'),
  limit: salt('AMT_CREDIT_LIMIT_ACTUAL'),
  level: salt('level'),
  latest: salt('latest'),
  balance: salt('AMT_BALANCE'),
  atm: salt('AMT_DRAWINGS_ATM_CURRENT'),
  pos: salt('AMT_DRAWINGS_POS_CURRENT'),
  other: salt('AMT_DRAWINGS_OTHER_CURRENT'),
  payment: salt('AMT_PAYMENT_CURRENT'),
  late: salt('SK_DPD'),
};

/** credit_card_balance: earlier credit cards month by month, the latest month first. Amounts are in thousandths. */
export class CreditCards implements Table {
  readonly columns: Columns;
  readonly #histories: Histories;
  readonly #loan: Loan;
  readonly #key: number;
  readonly #story = new Draw();
  readonly #draw = new Draw();
  #used = false;
  #limit = 0;
  /** How much of the limit is drawn on the whole, in thousandths. */
  #level = 0;
  #latest = 1;
  #balance = 0;
  #atm = 0;
  #pos = 0;
  #other = 0;
  #payment = 0;
  #late = 0;

  constructor(population: Population, out: CsvBytes) {
    this.#histories = new Histories(population, 'credit_card_balance', FULL_HISTORIES);
    this.#loan = new Loan(population, { first: firstCard, end: firstNotApproved }, 1);
    this.#key = population.key('credit_card_balance');
    this.columns = {
      SK_ID_PREV: () => out.int(this.#loan.applicationId),
      SK_ID_CURR: () => out.int(this.#loan.clientId),
      MONTHS_BALANCE: () => out.int(-this.#latest - this.#histories.place),
      NAME_CONTRACT_STATUS: () => out.text(STATUS.field(this.#status())),
      SK_DPD: () => out.int(this.#late),
      SK_DPD_DEF: () => out.int(this.#late > 30 ? 0 : this.#late),
      ...this.#amounts(out),
      ...this.#drawings(out),
    };
  }

  seek(index: number, version: number): void {
    if (this.#histories.seek(index)) this.#tell();
    const draw = this.#draw;
    draw.seat(this.#key, index, version);
    const luck = below(draw.at(S.late), 1_000);
    this.#late =
      this.#used && luck < (this.#loan.troubled ? 110 : 38) ? between(draw.at(S.late + 1), 1, luck < 3 ? 700 : 28) : 0;
    this.#spend();
  }

  #tell(): void {
    this.#loan.tell(this.#histories);
    const story = this.#story;
    story.seat(this.#key, -1 - this.#histories.id, 0);
    this.#used = below(story.at(S.used), 100) < 58;
    this.#limit = (LIMITS[story.at(S.limit) >>> 27] as number) * 1_000_000;
    this.#level = between(story.at(S.level), 50, this.#loan.troubled ? 1_010 : 880);
    const back = below(story.at(S.latest), 1_000) / 1_000;
    this.#latest = 1 + Math.floor(back * back * back * Math.max(1, 95 - this.#histories.length));
  }

  #spend(): void {
    const draw = this.#draw;
    this.#atm = this.#pos = this.#other = this.#payment = this.#balance = 0;
    // A change is a corrected statement, of a card that lay unused as well.
    if (!this.#used && draw.version === 0) return;
    const share = (this.#level * between(draw.fresh(S.balance), 350, 1_080)) / 1_000_000;
    const credit = below(draw.at(S.balance + 1), 1_000) < 3;
    this.#balance = credit
      ? -between(draw.fresh(S.balance), 500, 900_000)
      : Math.round((this.#limit * share) / 45) * 45;
    if (below(draw.at(S.atm), 100) < 24) this.#atm = between(draw.at(S.atm + 1), 1, 30) * 4_500_000;
    if (below(draw.at(S.pos), 100) < 30) this.#pos = between(draw.at(S.pos + 1), 1, 40_000) * 1_035;
    if (below(draw.at(S.other), 1_000) < 6) this.#other = between(draw.at(S.other + 1), 1, 60) * 2_250_000;
    if (below(draw.at(S.payment), 100) < 83) {
      this.#payment =
        Math.round((Math.abs(this.#balance) * between(draw.fresh(S.payment), 45, 200)) / 45_000) * 45 + 1_000;
    }
  }

  #status(): number {
    const luck = below(this.#draw.at(S.limit), 10_000);
    if (this.#histories.place === 0 && this.#latest > 2)
      return luck < 8_500 ? 1 : luck < 9_990 ? 0 : luck < 9_995 ? 3 : 5;
    if (this.#histories.place === this.#histories.length - 1) return luck < 600 ? 2 : luck < 640 ? 4 : 0;
    return 0;
  }

  #amounts(out: CsvBytes): Record<string, Column> {
    const draw = this.#draw;
    const due = () => Math.max(0, this.#balance);
    return {
      AMT_BALANCE: () => out.amount(this.#balance),
      // Limits are whole numbers in the source, unlike other amounts.
      AMT_CREDIT_LIMIT_ACTUAL: () => out.int(this.#limit / 1_000),
      AMT_INST_MIN_REGULARITY: () => {
        if (this.#histories.place !== this.#histories.length - 1) out.amount(Math.round((due() * 0.05) / 45) * 45);
      },
      AMT_PAYMENT_CURRENT: () => {
        if (this.#payment > 0 || below(draw.at(S.payment + 2), 100) < 35) out.amount(this.#payment);
      },
      AMT_PAYMENT_TOTAL_CURRENT: () => out.amount(below(draw.at(S.payment + 1), 100) < 90 ? this.#payment : 0),
      AMT_RECEIVABLE_PRINCIPAL: () => out.amount(Math.round((this.#balance * 0.95) / 45) * 45),
      AMT_RECIVABLE: () => out.amount(this.#balance),
      AMT_TOTAL_RECEIVABLE: () => out.amount(this.#balance),
    };
  }

  #drawings(out: CsvBytes): Record<string, Column> {
    const draw = this.#draw;
    // Three of the four ways to draw are only told of cards that were used at some time.
    const told = (write: () => void) => () => {
      if (this.#used || draw.version > 0) write();
    };
    const times = (amount: number, shift: number) => (amount === 0 ? 0 : 1 + (draw.at(S.pos + shift) >>> 29));
    const atm = () => times(this.#atm, 5);
    const pos = () => times(this.#pos, 6);
    const other = () => times(this.#other, 7);
    return {
      AMT_DRAWINGS_ATM_CURRENT: told(() => out.amount(this.#atm)),
      AMT_DRAWINGS_CURRENT: () => out.amount(this.#atm + this.#pos + this.#other),
      AMT_DRAWINGS_OTHER_CURRENT: told(() => out.amount(this.#other)),
      AMT_DRAWINGS_POS_CURRENT: told(() => out.amount(this.#pos)),
      CNT_DRAWINGS_ATM_CURRENT: told(() => out.looseInt(atm())),
      CNT_DRAWINGS_CURRENT: () => out.int(atm() + pos() + other()),
      CNT_DRAWINGS_OTHER_CURRENT: told(() => out.looseInt(other())),
      CNT_DRAWINGS_POS_CURRENT: told(() => out.looseInt(pos())),
      CNT_INSTALMENT_MATURE_CUM: () => {
        const { place, length } = this.#histories;
        if (place !== length - 1) out.looseInt(this.#used ? Math.max(0, length - 2 - place) : 0);
      },
    };
  }
}
