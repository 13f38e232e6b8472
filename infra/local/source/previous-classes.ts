import { Categories } from './distributions.ts';

export const CONTRACT = new Categories({ 'Cash loans': 1, 'Consumer loans': 1, 'Revolving loans': 1, XNA: 1 });
export const STATUS = new Categories({ Approved: 1, Canceled: 1, Refused: 1, 'Unused offer': 1 });

export interface ApplicationClass {
  contract: number;
  status: number;
}

// [contract, status, share of all applications in hundred-thousandths], the approved first, the cards last among them.
// An application's rank in its slot decides its class, so the shares come out exactly, and tables that tell of approved
// loans or cards alone know which applications those are.
const SHARES: [string, string, number][] = [
  ['Consumer loans', 'Approved', 37_300],
  ['Cash loans', 'Approved', 18_710],
  ['Revolving loans', 'Approved', 6_060],
  ['Cash loans', 'Canceled', 16_080],
  ['Cash loans', 'Refused', 9_930],
  ['Consumer loans', 'Refused', 4_500],
  ['Revolving loans', 'Refused', 2_960],
  ['Revolving loans', 'Canceled', 2_700],
  ['Consumer loans', 'Unused offer', 1_550],
  ['Consumer loans', 'Canceled', 90],
  ['Cash loans', 'Unused offer', 30],
  ['XNA', 'Canceled', 75],
  ['XNA', 'Refused', 15],
];
const WHOLE = SHARES.reduce((sum, [, , share]) => sum + share, 0);
const CLASSES: ApplicationClass[] = SHARES.map(([contract, status]) => ({
  contract: CONTRACT.indexOf(contract),
  status: STATUS.indexOf(status),
}));
const UP_TO = SHARES.map((_, i) => SHARES.slice(0, i + 1).reduce((sum, [, , share]) => sum + share, 0));

/** The class of the application of rank `rank` among `count`. */
export function classOf(rank: number, count: number): ApplicationClass {
  const point = (rank / count) * WHOLE;
  let i = 0;
  while (i < UP_TO.length - 1 && point >= (UP_TO[i] as number)) i++;
  return CLASSES[i] as ApplicationClass;
}

/** The rank of the first approved card among `count` applications: the loans approved come before it. */
export function firstCard(count: number): number {
  return Math.ceil(((UP_TO[1] as number) / WHOLE) * count);
}

/** The rank of the first application among `count` that was not approved. */
export function firstNotApproved(count: number): number {
  return Math.ceil(((UP_TO[2] as number) / WHOLE) * count);
}
