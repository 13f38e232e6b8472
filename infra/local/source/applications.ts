import { buildingColumns } from './buildings.ts';
import { Client, EDUCATION, INCOME_TYPE, OCCUPATION } from './clients.ts';
import { ColumnKinds, type Columns, type Table } from './columns.ts';
import type { Column, CsvBytes } from './csv.ts';
import { Categories, Quantiles } from './distributions.ts';
import type { Population } from './population.ts';
import { below, between, salt } from './random.ts';

const CONTRACT = new Categories({ 'Cash loans': 90.5, 'Revolving loans': 9.5 });
const SUITE = new Categories({
  Unaccompanied: 81.3,
  Family: 13.1,
  'Spouse, partner': 3.7,
  Children: 1.1,
  Other_B: 0.6,
  Other_A: 0.3,
  'Group of people': 0.1,
});
const FAMILY = new Categories({
  Married: 63.9,
  'Single / not married': 14.8,
  'Civil marriage': 9.7,
  Separated: 6.4,
  Widow: 5.2,
});
const HOUSING = new Categories({
  'House / apartment': 88.7,
  'With parents': 4.8,
  'Municipal apartment': 3.6,
  'Rented apartment': 1.6,
  'Office apartment': 0.9,
  'Co-op apartment': 0.4,
});
const WEEKDAY = new Categories({
  TUESDAY: 17.5,
  WEDNESDAY: 16.9,
  MONDAY: 16.5,
  THURSDAY: 16.5,
  FRIDAY: 16.4,
  SATURDAY: 11,
  SUNDAY: 5.2,
});
const ORGANIZATION = new Categories({
  'Business Entity Type 3': 27,
  'Self-employed': 15.2,
  Other: 6.6,
  Medicine: 4.4,
  'Business Entity Type 2': 4.2,
  Government: 4.1,
  School: 3.5,
  'Trade: type 7': 3.1,
  Kindergarten: 2.7,
  Construction: 2.7,
  'Business Entity Type 1': 2.4,
  'Transport: type 4': 2.1,
  'Trade: type 3': 1.4,
  'Industry: type 9': 1.3,
  'Industry: type 3': 1.3,
  Security: 1.3,
  Housing: 1.2,
  'Industry: type 11': 1.1,
  Military: 1,
  Bank: 1,
  Agriculture: 1,
  Police: 0.9,
  'Transport: type 2': 0.9,
  Postal: 0.9,
  'Security Ministries': 0.8,
  Restaurant: 0.7,
  Services: 0.6,
  University: 0.5,
  'Industry: type 7': 0.5,
  Hotel: 0.4,
  Electricity: 0.4,
  Insurance: 0.2,
  Telecom: 0.2,
  Realtor: 0.2,
  Culture: 0.1,
});
const CHILDREN = new Categories({ '0': 70, '1': 19.9, '2': 8.7, '3': 1.2, '4': 0.2 });
// In thousands, each fifth of the clients between two neighbours.
const CREDIT = new Quantiles(45, 180, 254.7, 315, 450, 513.5, 594, 704.8, 862, 1_133.7, 2_700);

const S = {
  contract: salt('NAME_CONTRACT_TYPE'),
  credit: salt('AMT_CREDIT'),
  annuity: salt('AMT_ANNUITY'),
  goods: salt('AMT_GOODS_PRICE'),
  suite: salt('NAME_TYPE_SUITE'),
  children: salt('CNT_CHILDREN'),
  family: salt('NAME_FAMILY_STATUS'),
  employed: salt('DAYS_EMPLOYED'),
  registration: salt('DAYS_REGISTRATION'),
  car: salt('FLAG_OWN_CAR'),
  realty: salt('FLAG_OWN_REALTY'),
  organization: salt('ORGANIZATION_TYPE'),
  area: salt('REGION_POPULATION_RELATIVE'),
  city: salt('REGION_RATING_CLIENT_W_CITY'),
  circle: salt('SOCIAL_CIRCLE'),
  phone: salt('DAYS_LAST_PHONE_CHANGE'),
  requests: salt('AMT_REQ_CREDIT_BUREAU'),
};

const YES = new Uint8Array([0x59]);
const NO = new Uint8Array([0x4e]);
const FEMALE = new Uint8Array([0x46]);
const MALE = new Uint8Array([0x4d]);
const NOT_AVAILABLE = new Uint8Array([0x58, 0x4e, 0x41]);

/** One test client in so many is also in application_train, as it happens when an outcome becomes known. */
const IN_BOTH_EVERY = 400;

/** application_train and application_test: the same columns, but for TARGET, of other clients. */
export class Applications implements Table {
  readonly columns: Columns;
  readonly #population: Population;
  readonly #test: boolean;
  readonly #client: Client;
  #revolving = false;
  /** Thousandths. */
  #credit = 0;
  #children = 0;

  constructor(population: Population, test: boolean, out: CsvBytes) {
    this.#population = population;
    this.#test = test;
    this.#client = new Client(population);
    this.columns = {
      ...this.#identity(out),
      ...this.#money(out),
      ...this.#life(out),
      ...this.#contacts(out),
      ...buildingColumns(out, this.#client.draw),
      ...this.#enquiries(out),
    };
  }

  seek(index: number, version: number): void {
    const { draw } = this.#client;
    this.#client.seek(this.#clientOf(index), version);
    this.#revolving = CONTRACT.pick(draw.at(S.contract)) === 1;
    const credit = CREDIT.at(draw.at(S.credit)) * (this.#revolving ? 0.47 : 0.987);
    this.#credit = Math.round((credit * 1000) / 4.5) * 4_500;
    this.#children = this.#client.ageDays > 20_000 ? 0 : CHILDREN.pick(draw.at(S.children));
  }

  #clientOf(index: number): number {
    if (!this.#test) return this.#population.trainClient(index);
    const client = this.#population.testClient(index);
    // The client after one in test is always one in train.
    return index % IN_BOTH_EVERY === IN_BOTH_EVERY / 2 ? client + 1 : client;
  }

  #identity(out: CsvBytes): Record<string, Column> {
    const client = this.#client;
    const { draw } = client;
    const kinds = new ColumnKinds(out, draw);
    return {
      SK_ID_CURR: () => out.int(this.#population.clientId(client.client)),
      TARGET: () => {
        if (client.outcomeKnown) out.int(client.defaults ? 1 : 0);
      },
      NAME_CONTRACT_TYPE: kinds.choice('NAME_CONTRACT_TYPE', CONTRACT),
      CODE_GENDER: () => out.text(draw.at(S.car + 9) < 30_000 ? NOT_AVAILABLE : client.female ? FEMALE : MALE),
      FLAG_OWN_CAR: () => out.text(this.#ownsCar() ? YES : NO),
      FLAG_OWN_REALTY: () => out.text(below(draw.at(S.realty), 100) < 69 ? YES : NO),
      CNT_CHILDREN: () => out.int(this.#children),
      NAME_TYPE_SUITE: kinds.choice('NAME_TYPE_SUITE', SUITE, 4),
      NAME_INCOME_TYPE: () => out.text(INCOME_TYPE.field(client.incomeType)),
      NAME_EDUCATION_TYPE: () => out.text(EDUCATION.field(client.education)),
      NAME_FAMILY_STATUS: () => out.text(FAMILY.field(FAMILY.pick(draw.at(S.family)))),
      NAME_HOUSING_TYPE: kinds.choice('NAME_HOUSING_TYPE', HOUSING),
      OCCUPATION_TYPE: () => {
        if (client.occupation >= 0) out.text(OCCUPATION.field(client.occupation));
      },
    };
  }

  #ownsCar(): boolean {
    return below(this.#client.draw.at(S.car), 100) < (this.#client.female ? 26 : 51);
  }

  #money(out: CsvBytes): Record<string, Column> {
    const client = this.#client;
    const { draw } = client;
    return {
      AMT_INCOME_TOTAL: () => out.amount(client.income),
      AMT_CREDIT: () => out.amount(this.#credit),
      AMT_ANNUITY: () => {
        if (draw.at(S.annuity + 1) < 90_000) return;
        const share = this.#revolving ? 0.05 : between(draw.at(S.annuity), 25, 95) / 1000;
        out.amount(Math.round((this.#credit * share) / 4_500) * 4_500);
      },
      AMT_GOODS_PRICE: () => {
        if (draw.at(S.goods + 1) < 1_900_000) return;
        const share = between(draw.at(S.goods), 78, 100) / 100;
        out.amount(Math.max(1, Math.round((this.#credit * share) / 4_500_000)) * 4_500_000);
      },
    };
  }

  #life(out: CsvBytes): Record<string, Column> {
    const client = this.#client;
    const { draw } = client;
    const kinds = new ColumnKinds(out, draw);
    // Some 80 areas, each with the share of the population that lives there.
    const area = new Quantiles(290, 6_008, 9_630, 14_520, 18_850, 24_610, 28_663, 35_792, 72_508);
    return {
      REGION_POPULATION_RELATIVE: () => {
        const unit = (0x80000000 / 80) | 0;
        const u = draw.at(S.area);
        out.ratio(Math.round(area.at(u - (u % unit))), 6);
      },
      DAYS_BIRTH: () => out.int(-client.ageDays),
      DAYS_EMPLOYED: () => {
        if (client.pensioner) return out.int(365_243);
        const working = client.ageDays - 6_570;
        const part = below(draw.at(S.employed), 1000) / 1000;
        out.int(-Math.max(1, Math.round(working * part * part * 0.7)));
      },
      DAYS_REGISTRATION: () => out.looseInt(-below(draw.at(S.registration), Math.min(client.ageDays, 15_000))),
      DAYS_ID_PUBLISH: () => out.int(-below(draw.at(S.registration + 1), 6_200)),
      OWN_CAR_AGE: () => {
        if (this.#ownsCar()) out.looseInt(below(draw.at(S.car + 1), 24));
      },
      CNT_FAM_MEMBERS: () => {
        const partner = FAMILY.pick(draw.at(S.family));
        out.looseInt(1 + (partner === 0 || partner === 2 ? 1 : 0) + this.#children);
      },
      REGION_RATING_CLIENT: () => out.int(client.region),
      REGION_RATING_CLIENT_W_CITY: () => {
        out.int(below(draw.at(S.city), 100) < 94 ? client.region : Math.max(1, client.region - 1));
      },
      WEEKDAY_APPR_PROCESS_START: kinds.choice('WEEKDAY_APPR_PROCESS_START', WEEKDAY),
      HOUR_APPR_PROCESS_START: kinds.range('HOUR_APPR_PROCESS_START', 7, 19),
      REG_REGION_NOT_LIVE_REGION: kinds.flag('REG_REGION_NOT_LIVE_REGION', 15),
      REG_REGION_NOT_WORK_REGION: kinds.flag('REG_REGION_NOT_WORK_REGION', 51),
      LIVE_REGION_NOT_WORK_REGION: kinds.flag('LIVE_REGION_NOT_WORK_REGION', 41),
      REG_CITY_NOT_LIVE_CITY: kinds.flag('REG_CITY_NOT_LIVE_CITY', 78),
      REG_CITY_NOT_WORK_CITY: kinds.flag('REG_CITY_NOT_WORK_CITY', 230),
      LIVE_CITY_NOT_WORK_CITY: kinds.flag('LIVE_CITY_NOT_WORK_CITY', 180),
      ORGANIZATION_TYPE: () => {
        out.text(client.pensioner ? NOT_AVAILABLE : ORGANIZATION.field(ORGANIZATION.pick(draw.at(S.organization))));
      },
    };
  }

  #contacts(out: CsvBytes): Record<string, Column> {
    const client = this.#client;
    const kinds = new ColumnKinds(out, client.draw);
    const documents = [0, 710, 0, 15, 88, 0, 81, 4, 0, 4, 0, 4, 3, 1, 10, 0, 8, 1, 1, 0];
    // Those who will default score lower, the less so the weaker the score.
    const centre = (low: number, width: number, gap: number) => (u: number) =>
      low + (u / 0x80000000) * width - (client.defaults ? gap : 0);
    return {
      FLAG_MOBIL: () => out.int(1),
      FLAG_EMP_PHONE: () => out.int(client.pensioner ? 0 : 1),
      FLAG_WORK_PHONE: kinds.flag('FLAG_WORK_PHONE', 199),
      FLAG_CONT_MOBILE: kinds.flag('FLAG_CONT_MOBILE', 998),
      FLAG_PHONE: kinds.flag('FLAG_PHONE', 281),
      FLAG_EMAIL: kinds.flag('FLAG_EMAIL', 57),
      EXT_SOURCE_1: kinds.score('EXT_SOURCE_1', centre(1_800, 6_600, 1_000), 564),
      EXT_SOURCE_2: kinds.score('EXT_SOURCE_2', centre(2_000, 6_400, 1_100), 2),
      EXT_SOURCE_3: kinds.score('EXT_SOURCE_3', centre(1_900, 6_600, 1_200), 198),
      ...Object.fromEntries(
        documents.map((ones, i) => [`FLAG_DOCUMENT_${i + 2}`, kinds.flag(`DOCUMENT_${i + 2}`, ones)]),
      ),
    };
  }

  #enquiries(out: CsvBytes): Record<string, Column> {
    const { draw } = this.#client;
    const columns: Record<string, Column> = {
      DAYS_LAST_PHONE_CHANGE: () => {
        if (draw.at(S.phone + 1) >= 9_000) out.looseInt(-below(draw.fresh(S.phone), 2_900));
      },
    };
    const circle = (name: string, shift: number, most: number): void => {
      columns[name] = () => {
        if (draw.at(S.circle) < 7_000_000) return;
        const part = below(draw.at(S.circle + shift), 1000) / 1000;
        out.looseInt(Math.floor(part * part * part * most));
      };
    };
    circle('OBS_30_CNT_SOCIAL_CIRCLE', 1, 9);
    circle('DEF_30_CNT_SOCIAL_CIRCLE', 2, 2.4);
    circle('OBS_60_CNT_SOCIAL_CIRCLE', 1, 8.9);
    circle('DEF_60_CNT_SOCIAL_CIRCLE', 2, 2.2);
    const most: [string, number][] = [
      ['HOUR', 1.02],
      ['DAY', 1.04],
      ['WEEK', 1.2],
      ['MON', 2.6],
      ['QRT', 2.4],
      ['YEAR', 7],
    ];
    most.forEach(([period, limit], i) => {
      columns[`AMT_REQ_CREDIT_BUREAU_${period}`] = () => {
        // Known for all six periods or for none.
        if (below(draw.at(S.requests), 1000) < 135) return;
        const part = below(draw.fresh(S.requests + 1 + i), 1000) / 1000;
        out.looseInt(Math.floor(part * part * limit));
      };
    });
    return columns;
  }
}
