import { gzipSync } from 'node:zlib';
import { type Delivered, type DrawnFile, type DrawnRecord, FIRST_SLOT, type Sequence, type Table } from './sequence.ts';

/** Columns of the files, in order: first those that a file has to have, then those that it may lack. */
export const FILE_COLUMNS: Record<Table, { always: string[]; optional: string[]; renamed: [string, string] }> = {
  application_train: {
    always: ['SK_ID_CURR', 'TARGET', 'NAME_CONTRACT_TYPE', 'AMT_CREDIT'],
    optional: ['DAYS_EMPLOYED', 'EXT_SOURCE_1'],
    renamed: ['TARGET', 'DEFAULTED'],
  },
  bureau_balance: {
    always: ['SK_ID_BUREAU', 'MONTHS_BALANCE', 'STATUS'],
    optional: [],
    renamed: ['STATUS', 'SITUATION'],
  },
  installments_payments: {
    always: [
      ...['SK_ID_PREV', 'SK_ID_CURR', 'NUM_INSTALMENT_VERSION', 'NUM_INSTALMENT_NUMBER', 'DAYS_INSTALMENT'],
      'DAYS_ENTRY_PAYMENT',
    ],
    optional: ['AMT_INSTALMENT', 'AMT_PAYMENT'],
    renamed: ['DAYS_INSTALMENT', 'DUE'],
  },
};

export type PlayedSlot = Sequence['slots'][number] & { instant: Date; delivered: Delivered[] };

/** The slots with their instants and the files that come before each, in the order in which they are put. */
export function unfold(sequence: Sequence): PlayedSlot[] {
  const earlier: DrawnFile[] = [];
  let instant = FIRST_SLOT;
  return sequence.slots.map((slot) => {
    instant = new Date(instant.getTime() + slot.hoursLater * 3_600_000);
    const delivered = slot.deliveries.flatMap(({ content, name, minutes, late }) => {
      const file = 'again' in content ? earlier.at(-1 - (content.again % Math.max(1, earlier.length))) : content;
      if (!file) return [];
      if (file === content) earlier.push(file);
      const arrival = new Date(instant.getTime() + (late ? minutes + 1 : -minutes) * 60_000);
      return [{ ...file, key: keyOf(file, name), arrival, bytes: write(file) }];
    });
    return { ...slot, instant, delivered };
  });
}

/** Names in the three ways in which a key tells its table; a name may come back in a later slot, with another content. */
function keyOf({ table, form, fault }: DrawnFile, name: number): string {
  if (fault === 'unknown table') return `train${name}.csv`;
  const zipped = (form.gzip && fault === null) || fault === 'gzip cut short' || fault === 'not gzip';
  const ending = fault === 'document' ? '.txt' : zipped ? '.csv.gz' : '.csv';
  const ways = [
    `${table}_${name}${ending}`,
    `${table}/${name}${ending}`,
    `lote/${table.toUpperCase()}-${name}${ending}`,
    `mês [1] {2} 100%+/${table} ${name}&=${ending}`,
  ];
  return ways[name % ways.length] ?? '';
}

/** The names in the header, and for each the column of the source whose values stand below it (null: an extra column). */
export function header(file: DrawnFile): { written: string; column: string | null }[] {
  const { form, fault } = file;
  const { always, optional, renamed } = FILE_COLUMNS[file.table];
  const names = form.withoutOptional ? always : [...always, ...optional];
  const turned = [...names.slice(form.rotate % names.length), ...names.slice(0, form.rotate % names.length)];
  const ordered = form.reverse ? turned.reverse() : turned;
  const columns = ordered.map((column) => {
    const name = fault === 'renamed column' && column === renamed[0] ? renamed[1] : column;
    return {
      written: form.header === 'lower' ? name.toLowerCase() : form.header === 'spaced' ? ` ${name} ` : name,
      column,
    };
  });
  if (fault === 'repeated column') columns.push({ written: ordered[0] ?? '', column: ordered[0] ?? '' });
  if (form.extra === null) return columns;
  const extra = { written: form.extra.name, column: null };
  return form.extra.first ? [extra, ...columns] : [...columns, extra];
}

/** The text of one record, without its line end. */
export function recordText(file: DrawnFile, record: DrawnRecord): string {
  if (record.kind === 'blank') return record.text;
  const cells = header(file).map(({ column }) => (column === null ? '7' : (record.values[column] ?? '')));
  if (record.kind === 'fields') {
    if (record.by === 1) cells.push('8');
    else cells.pop();
  }
  return cells.map((cell) => quoted(cell, file.form.quoteAll)).join(',');
}

const quoted = (cell: string, always: boolean) =>
  always || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

function write(file: DrawnFile): Buffer {
  const { form, fault } = file;
  if (fault === 'empty') return Buffer.alloc(0);
  const lineEnd = form.crlf ? '\r\n' : '\n';
  const names = header(file).map(({ written }) => quoted(written, false));
  const lines = [
    ...(fault === 'no header' ? [] : [names.join(',')]),
    ...file.records.map((one) => recordText(file, one)),
  ];
  const text = lines.join(lineEnd) + (form.lastLineEnds || fault !== null ? lineEnd : '');
  const bytes = Buffer.from((form.bom ? '\ufeff' : '') + text);
  switch (fault) {
    case 'latin-1 far down':
      return packed(file, Buffer.concat([bytes, Buffer.from(`S\u00e3o Paulo${lineEnd}`, 'latin1')]));
    case 'utf-16':
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 'nul byte':
      return packed(file, Buffer.concat([bytes, Buffer.from([0])]));
    case 'open quote':
      return packed(file, Buffer.concat([bytes, Buffer.from(`"never closed${lineEnd}`)]));
    case 'gzip cut short':
      return gzipSync(bytes).subarray(0, -6);
    case 'not gzip':
      return Buffer.from(text);
    default:
      return packed(file, bytes);
  }
}

const packed = ({ form, fault }: DrawnFile, bytes: Buffer) => (form.gzip && fault === null ? gzipSync(bytes) : bytes);
