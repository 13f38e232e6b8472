/** The model's reading of values, written from the rules of the source data alone. A typed value is plain JSON, amounts as text. */

export type Typed = number | string | null;
/** A value that fits its column, or the rule that it breaks, as quarantine names it. */
export type Reading = { value: Typed } | { rule: 'tipo' | 'fora_da_faixa' | 'fora_da_lista' | 'chave_vazia' };

export type ModelColumn = {
  type: 'int' | 'bigint' | 'amount' | 'double' | 'text';
  key?: true;
  mayBeEmpty?: true;
  noDate?: number;
  list?: number[];
};

const WHOLE = { int: [-(2n ** 31n), 2n ** 31n - 1n], bigint: [-(2n ** 63n), 2n ** 63n - 1n] } as const;
const NUMBER = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?$/;
const AMOUNT_LIMIT = 10n ** 18n;

export function readValue(column: ModelColumn, text: string | undefined): Reading {
  const read = text === undefined || text === '' ? { value: null } : readFilled(column, text);
  if ('rule' in read) return read;
  if (read.value === null) return column.key && !column.mayBeEmpty ? { rule: 'chave_vazia' } : read;
  if (column.list && !column.list.includes(Number(read.value))) return { rule: 'fora_da_lista' };
  return column.noDate !== undefined && read.value === column.noDate ? { value: null } : read;
}

function readFilled({ type }: ModelColumn, text: string): Reading {
  if (type === 'text') return { value: text };
  const number = NUMBER.exec(text.trim());
  if (!number) return { rule: 'tipo' };
  if (type === 'double') return Number.isFinite(Number(text)) ? { value: Number(text) } : { rule: 'fora_da_faixa' };
  if (type === 'amount') {
    const thousandths = inThousandths(number[1] ?? '', number[2] ?? '', Number(number[3] ?? 0));
    if (thousandths <= -AMOUNT_LIMIT || thousandths >= AMOUNT_LIMIT) return { rule: 'fora_da_faixa' };
    return { value: decimal(thousandths, 3) };
  }
  if (!/^[+-]?\d+(\.0)?$/.test(text.trim())) return { rule: 'tipo' };
  const whole = BigInt(text.trim().replace(/^\+/, '').replace(/\.0$/, ''));
  const [least, most] = WHOLE[type];
  return whole < least || whole > most ? { rule: 'fora_da_faixa' } : { value: Number(whole) };
}

/** The number times 1000, further decimals rounded half up (away from zero). */
function inThousandths(sign: string, digits: string, exponent: number): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const shift = exponent - fraction.length + 3;
  const all = BigInt(whole + fraction);
  const size = shift >= 0 ? all * 10n ** BigInt(shift) : divided(all, 10n ** BigInt(-shift));
  return sign === '-' ? -size : size;
}

/** A quotient rounded half up, which for negative numbers means away from zero. */
export function divided(part: bigint, whole: bigint): bigint {
  const size = (2n * abs(part) + abs(whole)) / (2n * abs(whole));
  return part < 0n === whole < 0n ? size : -size;
}

const abs = (number: bigint) => (number < 0n ? -number : number);

/** `1234` with 3 decimals is `1.234`. */
export function decimal(units: bigint, decimals: number): string {
  const digits = abs(units)
    .toString()
    .padStart(decimals + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The units of a decimal's text: `1.234` is 1234. */
export const unitsOf = (text: string): bigint => BigInt(text.replace('.', ''));

/** A share of counts with six decimals, null of nothing. */
export const rate = (part: number, whole: number): string | null =>
  whole === 0 ? null : decimal(divided(BigInt(part) * 1_000_000n, BigInt(whole)), 6);
