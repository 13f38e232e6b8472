import { Categories } from './distributions.ts';

// The categories of previous_application. Where a value depends on the kind of contract, there is a list for each.

export const PURPOSE = new Categories({
  XNA: 83,
  Repairs: 5.4,
  Other: 3.6,
  'Urgent needs': 1.9,
  'Buying a used car': 0.7,
  'Payments on other loans': 1.4,
  'Building a house or an annex': 0.65,
  'Everyday expenses': 0.55,
  Medicine: 0.5,
  Education: 0.4,
  Journey: 0.3,
  'Purchase of electronic equipment': 0.25,
  'Wedding / gift / holiday': 0.25,
  'Buying a home': 0.2,
  'Car repairs': 0.2,
  Furniture: 0.18,
  'Buying a holiday home / land': 0.14,
  'Business development': 0.11,
  'Gasification / water supply': 0.08,
  'Buying a garage': 0.05,
  Hobby: 0.04,
  'Money for a third person': 0.03,
  'Refusal to name the goal': 0.03,
});
export const REJECTION = new Categories({ HC: 60, LIMIT: 19, SCO: 13, SCOFR: 4.4, XNA: 1.8, VERIF: 1.2, SYSTEM: 0.6 });
export const PAYMENT = new Categories({
  'Cash through the bank': 61.9,
  XNA: 37.5,
  'Non-cash from your account': 0.5,
  'Cashless from the account of the employer': 0.1,
});
export const SUITE = new Categories({
  Unaccompanied: 60,
  Family: 25.1,
  'Spouse, partner': 7.9,
  Children: 3.7,
  Other_B: 2.1,
  Other_A: 1,
  'Group of people': 0.2,
});
export const CLIENT = new Categories({ Repeater: 73.7, New: 18, Refreshed: 8.2, XNA: 0.1 });
export const GOODS = new Categories({
  Mobile: 31,
  'Consumer Electronics': 16.8,
  Computers: 14.6,
  'Audio/Video': 13.7,
  Furniture: 7.4,
  'Photo / Cinema Equipment': 3.4,
  'Construction Materials': 3.4,
  'Clothing and Accessories': 3.2,
  'Auto Accessories': 1,
  Jewelry: 0.9,
  Homewares: 0.7,
  'Medical Supplies': 0.5,
  Vehicles: 0.5,
  'Sport and Leisure': 0.4,
  Gardening: 0.4,
  Tourism: 0.2,
  'Office Appliances': 0.3,
  Other: 0.4,
});
export const PRODUCT = new Categories({ XNA: 63.7, 'x-sell': 27.3, 'walk-in': 9 });
export const CHANNEL = new Categories({
  'Credit and cash offices': 43.1,
  'Country-wide': 29.6,
  Stone: 12.7,
  'Regional / Local': 6.5,
  'Contact center': 4.3,
  'AP+ (Cash loan)': 3.4,
  'Channel of corporate sales': 0.4,
});
export const INDUSTRY = new Categories({
  'Consumer electronics': 48,
  Connectivity: 33,
  Furniture: 7,
  Construction: 3.6,
  Clothing: 3,
  Industry: 2.5,
  'Auto technology': 1,
  Jewelry: 0.7,
  'MLM partners': 0.5,
  Tourism: 0.2,
});
export const YIELD = new Categories({ middle: 32, high: 29, low_normal: 26, low_action: 7.6, XNA: 5.4 });
export const WEEKDAY = new Categories({
  TUESDAY: 15.3,
  WEDNESDAY: 15.3,
  MONDAY: 15.2,
  FRIDAY: 15.1,
  THURSDAY: 14.9,
  SATURDAY: 14.4,
  SUNDAY: 9.8,
});
/** By contract: cash, consumer, revolving, XNA. */
export const PORTFOLIO = new Categories({ Cash: 1, POS: 1, Cards: 1, XNA: 1 });
const COMBINATIONS: Record<string, number>[] = [
  {
    'Cash X-Sell: low': 25,
    'Cash X-Sell: middle': 27,
    'Cash X-Sell: high': 11,
    'Cash Street: high': 12,
    'Cash Street: middle': 7,
    'Cash Street: low': 7,
    Cash: 11,
  },
  {
    'POS household with interest': 36,
    'POS mobile with interest': 30,
    'POS industry with interest': 14,
    'POS household without interest': 11,
    'POS industry without interest': 2,
    'POS mobile without interest': 4,
    'POS other with interest': 3,
  },
  { 'Card Street': 58, 'Card X-Sell': 42 },
];
export const COMBINATION = COMBINATIONS.map((shares) => new Categories(shares));
