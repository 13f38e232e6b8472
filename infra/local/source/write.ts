import { Buffer } from 'node:buffer';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type Column, CsvBytes, field } from './csv.ts';
import { type FileForm, reorder } from './forms.ts';
import { sourceColumns } from './schema.ts';
import type { SlotShare } from './share.ts';
import { TABLE_KINDS } from './tables.ts';

/** Of so many rows of a table in a slot, the one in the middle is sent twice, side by side. The last line counts. */
const TWICE_EVERY = 4_001;
const TWICE_AT = 2_000;
/** A version that no slot gives: the values of a line that the next line corrects. */
const MISTAKEN = 1 << 24;

/** How many records are written for the rows of a share from number `from` up to but not including `to`. */
export function recordsIn(from: number, to: number): number {
  const twiceBefore = (n: number) => Math.floor((n + TWICE_EVERY - 1 - TWICE_AT) / TWICE_EVERY);
  return to - from + twiceBefore(to) - twiceBefore(from);
}

/** A file with the rows of a share from number `from` up to but not including `to`. */
export function openFile(share: SlotShare, from: number, to: number, form: FileForm, key: number): Readable {
  const csv = Readable.from(chunks(share, from, to, form, key), { objectMode: false });
  if (form.compression === 'none') return csv;
  // Level 1: the generator is to outrun what it feeds, and the size is no matter. An error of one stream ends the other,
  // and whoever reads the file is told of it there.
  return pipeline(csv, createGzip({ level: 1 }), () => {});
}

function* chunks(share: SlotShare, from: number, to: number, form: FileForm, key: number): Generator<Buffer> {
  const out = new CsvBytes(form.crlf);
  out.dotZero = form.dotZero;
  const table = TABLE_KINDS[share.table].open(share.population, out);
  let names = sourceColumns(share.table);
  if (form.reordered) names = reorder(names, key);
  const columns = names.map((name): Column => {
    const column = table.columns[name];
    if (column === undefined) throw new Error(`${share.table}: the generator has no values for column ${name}`);
    return column;
  });
  let line = 0;
  if (form.indexColumn) {
    names = ['', ...names];
    columns.unshift(() => out.int(line++));
  }

  if (form.byteOrderMark) out.text(Buffer.from('\ufeff', 'utf8'));
  out.row(names.map((name) => () => out.text(field(name))));
  let start = 0;
  for (const { count, indexAt } of share.sections) {
    const end = Math.min(to, start + count);
    for (let number = Math.max(from, start); number < end; number++) {
      const index = indexAt(number - start);
      const version = share.version(index);
      if (number % TWICE_EVERY === TWICE_AT) {
        // Every other time the two lines are the same.
        table.seek(index, number % 2 === 0 ? version : MISTAKEN + version);
        out.row(columns);
      }
      table.seek(index, version);
      out.row(columns);
      if (out.full) yield out.take();
    }
    start += count;
  }
  const rest = out.take();
  if (rest.length > 0) yield rest;
}
