import { Buffer } from 'node:buffer';

/** Writes one field of the current row. Writing nothing is an empty field: null. */
export type Column = () => void;

const COMMA = 0x2c;
const DOT = 0x2e;
const MINUS = 0x2d;
const ZERO = 0x30;
const CR = 0x0d;
const LF = 0x0a;

/** A chunk is handed on when it is this full. The room beyond it must take the longest row. */
const CHUNK = 192 * 1024;
const ROOM = 16 * 1024;

/** The bytes of a value as a CSV field: in double quotes when it holds a comma, a quote or a line break. */
export function field(value: string): Uint8Array {
  return Buffer.from(/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value, 'utf8');
}

/**
 * CSV as bytes, written in place. A string for each value or row would cost several times what the value costs, and
 * the generator has to outrun what it feeds.
 */
export class CsvBytes {
  /** Whether whole numbers of columns that may be empty end in `.0`, as tools that keep them as floats write them. */
  dotZero = true;
  #bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK + ROOM);
  #at = 0;
  readonly #crlf: boolean;

  constructor(crlf: boolean) {
    this.#crlf = crlf;
  }

  get full(): boolean {
    return this.#at >= CHUNK;
  }

  /** What was written since the last call. The caller owns the bytes. */
  take(): Buffer {
    const chunk = this.#bytes.subarray(0, this.#at);
    this.#bytes = Buffer.allocUnsafeSlow(CHUNK + ROOM);
    this.#at = 0;
    return chunk;
  }

  row(columns: readonly Column[]): void {
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) this.#bytes[this.#at++] = COMMA;
      (columns[i] as Column)();
    }
    if (this.#crlf) this.#bytes[this.#at++] = CR;
    this.#bytes[this.#at++] = LF;
  }

  text(value: Uint8Array): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < value.length; i++) bytes[at++] = value[i] as number;
    this.#at = at;
  }

  /** A whole number within 31 bits. */
  int(value: number): void {
    const bytes = this.#bytes;
    let rest = value | 0;
    if (rest < 0) {
      bytes[this.#at++] = MINUS;
      rest = -rest | 0;
    }
    let at = this.#at + digits(rest);
    this.#at = at;
    do {
      const next = (rest / 10) | 0;
      bytes[--at] = ZERO + rest - next * 10;
      rest = next;
    } while (rest > 0);
  }

  /** A whole number that the source keeps as a float. */
  looseInt(value: number): void {
    this.int(value);
    if (this.dotZero) {
      this.#bytes[this.#at++] = DOT;
      this.#bytes[this.#at++] = ZERO;
    }
  }

  /** An amount given in thousandths, with one to three decimals: `1500.0`, `24700.5`, `17.405`. */
  amount(thousandths: number): void {
    if (thousandths < 0) this.#bytes[this.#at++] = MINUS;
    const value = Math.abs(thousandths);
    const whole = Math.floor(value / 1000);
    this.int(whole);
    this.#fraction(value - whole * 1000, 3);
  }

  /** A number given in units of 10^-`places`, with one to `places` decimals: `0.0247`, `1.0`. */
  ratio(units: number, places: number): void {
    const one = POWERS[places] as number;
    const whole = (units / one) | 0;
    this.int(whole);
    this.#fraction(units - whole * one, places);
  }

  /** `0.` and 16 digits, as a float of full precision is written: the first four given, the others from two draws. */
  longRatio(tenThousandths: number, u: number, v: number): void {
    this.#bytes[this.#at++] = ZERO;
    this.#bytes[this.#at++] = DOT;
    this.#padded(tenThousandths, 4);
    this.#padded(u % 1_000_000, 6);
    // The last digit is never 0: the shortest way to write a number does not end so.
    this.#padded((v % 100_000) * 10 + 1 + (v >>> 28), 6);
  }

  #fraction(units: number, places: number): void {
    let rest = units | 0;
    let left = places;
    while (left > 1 && rest % 10 === 0) {
      rest = (rest / 10) | 0;
      left--;
    }
    this.#bytes[this.#at++] = DOT;
    this.#padded(rest, left);
  }

  #padded(value: number, places: number): void {
    const bytes = this.#bytes;
    let rest = value | 0;
    for (let at = this.#at + places - 1; at >= this.#at; at--) {
      const next = (rest / 10) | 0;
      bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#at += places;
  }
}

const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

function digits(n: number): number {
  if (n < 100) return n < 10 ? 1 : 2;
  if (n < 10_000) return n < 1_000 ? 3 : 4;
  if (n < 1_000_000) return n < 100_000 ? 5 : 6;
  if (n < 100_000_000) return n < 10_000_000 ? 7 : 8;
  return n < 1_000_000_000 ? 9 : 10;
}
