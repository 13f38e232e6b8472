import { Categories, Quantiles } from './distributions.ts';
import type { Population } from './population.ts';
import { below, Draw, salt } from './random.ts';

export const EDUCATION = new Categories({
  'Secondary / secondary special': 71,
  'Higher education': 24.3,
  'Incomplete higher': 3.3,
  'Lower secondary': 1.25,
  'Academic degree': 0.15,
});
export const OCCUPATION = new Categories({
  Laborers: 26.1,
  'Sales staff': 15.2,
  'Core staff': 13,
  Managers: 10.1,
  Drivers: 8.8,
  'High skill tech staff': 5.4,
  Accountants: 4.7,
  'Medicine staff': 4,
  'Security staff': 3.2,
  'Cooking staff': 2.8,
  'Cleaning staff': 2.2,
  'Private service staff': 1.3,
  'Low-skill Laborers': 1,
  'Waiters/barmen staff': 0.6,
  Secretaries: 0.6,
  'Realty agents': 0.4,
  'HR staff': 0.3,
  'IT staff': 0.3,
});
export const INCOME_TYPE = new Categories({
  Working: 60.5,
  'Commercial associate': 28.3,
  'State servant': 8.6,
  Pensioner: 2.4,
  Unemployed: 0.1,
  Student: 0.06,
  'Maternity leave': 0.04,
});
const PENSIONER = INCOME_TYPE.indexOf('Pensioner');

// How much likelier than others a client with this trait is to default, in the order of the categories above.
const EDUCATION_RISK = [1.11, 0.68, 1.05, 1.4, 0.25];
const OCCUPATION_RISK = [
  1.25, 1.12, 0.75, 0.74, 1.33, 0.73, 0.58, 0.79, 1.26, 1.22, 1.13, 0.79, 2.0, 1.32, 0.84, 0.94, 0.76, 0.77,
];
const REGION_RISK = [0, 0.6, 0.97, 1.4];
/** The share of defaults among all clients when every trait weighs as above; set so that it comes out near 8 %. */
const BASE_RISK = 0.0785;

const AGE_DAYS = new Quantiles(7_489, 9_400, 10_800, 12_400, 13_900, 15_750, 17_700, 19_700, 21_500, 23_000, 25_200);
const INCOME = new Quantiles(
  27,
  63,
  72,
  81,
  90,
  99,
  103.5,
  112.5,
  117,
  126,
  135,
  144,
  153,
  162,
  171,
  184.5,
  202.5,
  225,
  261,
  324,
  720,
);

const S = {
  age: salt('age'),
  sex: salt('sex'),
  education: salt('education'),
  income: salt('income'),
  incomeType: salt('income type'),
  occupation: salt('occupation'),
  noOccupation: salt('no occupation'),
  region: salt('region'),
  outcome: salt('outcome'),
  known: salt('outcome known'),
  raise: salt('raise'),
};

/** What is true of a client whichever table asks, and the outcome that follows from it, for one client at a time. */
export class Client {
  readonly draw = new Draw();
  client = 0;
  ageDays = 0;
  female = false;
  education = 0;
  incomeType = 0;
  pensioner = false;
  /** Index in OCCUPATION, or -1. */
  occupation = 0;
  region = 2;
  /** Thousandths. */
  income = 0;
  /** Whether the client has payment difficulties, known to the bank or not yet. */
  defaults = false;
  /** Whether the bank knows the outcome. */
  outcomeKnown = true;
  readonly #key: number;

  constructor(population: Population) {
    this.#key = population.key('clients');
  }

  /** `version`: the slot that last changed the client's application. Other tables ask for 0. */
  seek(client: number, version: number): void {
    const { draw } = this;
    draw.seat(this.#key, client, version);
    this.client = client;
    this.ageDays = Math.round(AGE_DAYS.at(draw.at(S.age)));
    this.female = below(draw.at(S.sex), 1000) < 658;
    this.education = EDUCATION.pick(draw.at(S.education));
    const incomeType = INCOME_TYPE.pick(draw.at(S.incomeType));
    this.incomeType = this.ageDays > 21_300 && below(draw.at(S.incomeType + 1), 10) < 8 ? PENSIONER : incomeType;
    this.pensioner = this.incomeType === PENSIONER;
    const noOccupation = this.pensioner || below(draw.at(S.noOccupation), 100) < 16;
    this.occupation = noOccupation ? -1 : OCCUPATION.pick(draw.at(S.occupation));
    const place = below(draw.at(S.region), 1000);
    this.region = place < 104 ? 1 : place < 842 ? 2 : 3;
    this.income = this.#income(version);
    this.#judge(version);
  }

  #income(version: number): number {
    const { draw } = this;
    const trained = this.education === 1 || this.education === 4 ? 1.3 : 1;
    const placed = this.region === 1 ? 1.25 : this.region === 3 ? 0.9 : 1;
    const raise = version === 0 ? 1 : 1 + below(draw.fresh(S.raise), 120) / 1000;
    // Incomes are told in round figures, most of them multiples of 4,500.
    const income = INCOME.at(draw.at(S.income)) * trained * placed * raise * 1000;
    const step = below(draw.at(S.income + 1), 10) < 8 ? 4_500 : 450;
    return Math.max(1, Math.round(income / step)) * step * 1000;
  }

  #judge(version: number): void {
    const { draw } = this;
    const risk =
      BASE_RISK *
      ageRisk(this.ageDays) *
      (EDUCATION_RISK[this.education] as number) *
      (this.occupation < 0 ? 0.95 : (OCCUPATION_RISK[this.occupation] as number)) *
      (REGION_RISK[this.region] as number) *
      (this.female ? 0.88 : 1.24) *
      incomeRisk(this.income);
    // Multiples of the golden section fill 0..1 evenly in any run of clients: small lakes have the rate of large ones.
    const luck =
      (((Math.imul(this.client, 0x9e3779b9) + this.#key) >>> 0) / 0x1_0000_0000 +
        draw.at(S.outcome) / 0x8000_0000 / 16) %
      1;
    this.defaults = luck < risk;
    this.outcomeKnown = version > 0 || below(draw.at(S.known), 1000) >= 3;
    // As time goes by a few of those who paid get into difficulties, and as many get out of them.
    if (version > 0 && below(draw.fresh(S.outcome), 1000) < (this.defaults ? 230 : 20)) this.defaults = !this.defaults;
  }
}

function ageRisk(days: number): number {
  if (days < 9_132) return 1.5;
  if (days < 12_784) return 1.3;
  if (days < 16_437) return 1.04;
  if (days < 20_089) return 0.87;
  return days < 23_742 ? 0.65 : 0.47;
}

function incomeRisk(thousandths: number): number {
  if (thousandths <= 90_000_000) return 1.07;
  if (thousandths <= 135_000_000) return 1.1;
  if (thousandths <= 180_000_000) return 1.04;
  return thousandths <= 270_000_000 ? 0.96 : 0.77;
}
