import type { Column, CsvBytes } from './csv.ts';
import type { Categories } from './distributions.ts';
import { below, type Draw, salt } from './random.ts';

/** The writers of a table's columns, by the names of the columns. */
export type Columns = Readonly<Record<string, Column>>;

/** One of the eight tables: any of its rows, written column by column. */
export interface Table {
  /** Makes row `index` the current one, as the change in slot `version` left it (0: as it was born). */
  seek(index: number, version: number): void;
  /** Write the current row. */
  readonly columns: Columns;
}

/** The kinds of columns that every table has. `missing` is a share in thousandths of empty values. */
export class ColumnKinds {
  readonly #out: CsvBytes;
  readonly #draw: Draw;

  constructor(out: CsvBytes, draw: Draw) {
    this.#out = out;
    this.#draw = draw;
  }

  choice(name: string, categories: Categories, missing = 0): Column {
    const [out, draw, own, gap] = [this.#out, this.#draw, salt(name), salt(`${name} missing`)];
    const limit = missing * (0x80000000 / 1000);
    return () => {
      if (limit > 0 && draw.at(gap) < limit) return;
      out.text(categories.field(categories.pick(draw.at(own))));
    };
  }

  /** 1 in `ones` thousandths of the rows, else 0. */
  flag(name: string, ones: number): Column {
    const [out, draw, own] = [this.#out, this.#draw, salt(name)];
    const limit = ones * (0x80000000 / 1000);
    return () => out.int(draw.at(own) < limit ? 1 : 0);
  }

  /** A whole number from `low` to `high`. */
  range(name: string, low: number, high: number): Column {
    const [out, draw, own] = [this.#out, this.#draw, salt(name)];
    return () => out.int(low + below(draw.at(own), high - low + 1));
  }

  /** A number that a model computed: 16 digits, of which `centre` gives the first four, in ten-thousandths. */
  score(name: string, centre: (u: number) => number, missing: number): Column {
    const [out, draw, own, gap] = [this.#out, this.#draw, salt(name), salt(`${name} missing`)];
    const limit = missing * (0x80000000 / 1000);
    return () => {
      if (draw.at(gap) < limit) return;
      const first = Math.max(1, Math.min(9_990, Math.round(centre(draw.fresh(own)))));
      out.longRatio(first, draw.fresh(own + 1), draw.fresh(own + 2));
    };
  }
}
