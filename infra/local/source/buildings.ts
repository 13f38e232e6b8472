import type { Column, CsvBytes } from './csv.ts';
import { Categories, Quantiles } from './distributions.ts';
import { below, type Draw, salt } from './random.ts';

// What is known of the building the client lives in: 14 measures, each normalised to 0..1 and given as average, mode
// and median. [measure, share missing in thousandths, typical values in ten-thousandths]
const MEASURES: [string, number, Quantiles][] = [
  ['APARTMENTS', 507, new Quantiles(0, 400, 650, 880, 1_350, 2_600, 10_000)],
  ['BASEMENTAREA', 585, new Quantiles(0, 250, 550, 760, 1_000, 1_700, 10_000)],
  ['YEARS_BEGINEXPLUATATION', 488, new Quantiles(0, 9_732, 9_767, 9_816, 9_861, 9_940, 10_000)],
  ['YEARS_BUILD', 665, new Quantiles(0, 6_600, 7_000, 7_552, 8_000, 8_600, 10_000)],
  ['COMMONAREA', 699, new Quantiles(0, 50, 120, 211, 400, 800, 10_000)],
  ['ELEVATORS', 533, new Quantiles(0, 0, 0, 0, 800, 2_000, 10_000)],
  ['ENTRANCES', 503, new Quantiles(0, 690, 1_034, 1_379, 1_724, 2_759, 10_000)],
  ['FLOORSMAX', 498, new Quantiles(0, 833, 1_667, 1_667, 2_500, 3_333, 10_000)],
  ['FLOORSMIN', 678, new Quantiles(0, 417, 1_250, 2_083, 2_917, 3_750, 10_000)],
  ['LANDAREA', 594, new Quantiles(0, 130, 300, 481, 680, 1_200, 10_000)],
  ['LIVINGAPARTMENTS', 684, new Quantiles(0, 400, 560, 756, 1_000, 1_900, 10_000)],
  ['LIVINGAREA', 502, new Quantiles(0, 350, 580, 745, 1_100, 2_000, 10_000)],
  ['NONLIVINGAPARTMENTS', 694, new Quantiles(0, 0, 0, 0, 0, 60, 10_000)],
  ['NONLIVINGAREA', 552, new Quantiles(0, 0, 0, 36, 150, 500, 10_000)],
];
const FONDKAPREMONT = new Categories({
  'reg oper account': 76,
  'reg oper spec account': 12.4,
  'not specified': 5.8,
  'org spec account': 5.8,
});
const HOUSE = new Categories({ 'block of flats': 98.3, 'specific housing': 1, 'terraced house': 0.7 });
const WALLS = new Categories({
  Panel: 43.7,
  'Stone, brick': 42.9,
  Block: 6.1,
  Wooden: 3.5,
  Mixed: 1.5,
  Monolithic: 1.2,
  Others: 1.1,
});
const EMERGENCY = new Categories({ No: 98.5, Yes: 1.5 });

const KNOWN = salt('building known');

/** The 47 columns on the building. Half of the clients have none of them: `FULL` of 1000 have any. */
export function buildingColumns(out: CsvBytes, draw: Draw): Record<string, Column> {
  const columns: Record<string, Column> = {};
  const FULL = 520;
  const known = () => draw.at(KNOWN) < FULL * (0x80000000 / 1000);
  for (const [measure, missing, typical] of MEASURES) {
    const [own, gap] = [salt(measure), salt(`${measure} missing`)];
    const limit = ((missing - (1000 - FULL)) / FULL) * 0x80000000;
    const value = () => Math.round(typical.at(draw.at(own)));
    const column = (spread: number, shift: number): Column => {
      return () => {
        if (!known() || draw.at(gap) < limit) return;
        const average = value();
        const other = average + (spread > 0 ? below(draw.at(own + shift), spread) - (spread >> 1) : 0);
        out.ratio(Math.max(0, Math.min(10_000, average === 0 ? 0 : other)), 4);
      };
    };
    columns[`${measure}_AVG`] = column(0, 0);
    columns[`${measure}_MODE`] = column(40, 1);
    columns[`${measure}_MEDI`] = column(12, 2);
  }
  const area = new Quantiles(0, 350, 520, 690, 1_000, 1_800, 10_000);
  columns['TOTALAREA_MODE'] = () => {
    if (known()) out.ratio(Math.round(area.at(draw.at(KNOWN + 1))), 4);
  };
  const text = (name: string, categories: Categories, missing: number): void => {
    const [own, gap] = [salt(name), salt(`${name} missing`)];
    const limit = Math.max(0, (missing - (1000 - FULL)) / FULL) * 0x80000000;
    columns[name] = () => {
      if (known() && draw.at(gap) >= limit) out.text(categories.field(categories.pick(draw.at(own))));
    };
  };
  text('FONDKAPREMONT_MODE', FONDKAPREMONT, 684);
  text('HOUSETYPE_MODE', HOUSE, 502);
  text('WALLSMATERIAL_MODE', WALLS, 508);
  text('EMERGENCYSTATE_MODE', EMERGENCY, 480);
  return columns;
}
