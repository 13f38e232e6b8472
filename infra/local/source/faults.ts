import type { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { parse } from 'csv-parse';
import type { CompiledSource, CompiledSourceColumn } from '../../../catalog/types.ts';
import type { DeliveryFile } from './delivery.ts';
import { compiledSources } from './schema.ts';

// Faults of every kind in known numbers, in files of their own beside a delivery's. Their rows are those of the delivery
// itself: so what they do to it (a row more of a key, a row that cannot enter) is known to the row.

export type FileFault = {
  key: string;
  kind: FileFaultKind;
  /** What the ledger has to say of the file. */
  outcome: 'accepted' | 'refused' | 'document';
  table: string | null;
};

export type RowFault = {
  key: string;
  table: string;
  /** The line of the file on which the row begins; the header is the first. */
  line: number;
  kind: RowFaultKind;
  /** What quarantine has to say of it: the layer that kept it, and column and rule where a value is to blame. */
  layer: 'raw' | 'trusted';
  column: string | null;
  rule: string;
};

/** Rows of a table that enter no table of their own: unreadable, bad, or sent once more, with equal or other values. */
export type FaultFigures = { unreadable: number; quarantined: number; superseded: number; conflicting: number };

export type ToldFaults = { files: FileFault[]; rows: RowFault[]; tables: Record<string, FaultFigures> };

export type FaultyFile = { key: string; bytes: Buffer };

export const FILE_FAULTS = [
  ...(['no header', 'renamed column', 'repeated column', 'unknown column', 'reordered columns'] as const),
  ...(['missing optional column', 'utf-16', 'latin-1 far down', 'binary', 'nul byte', 'empty', 'header only'] as const),
  ...(['gzip cut short', 'not gzip', 'open quote', 'line too long', 'same content twice'] as const),
  ...(['files that disagree', 'unknown table', 'document', 'odd name', 'bad rows'] as const),
] as const;
export type FileFaultKind = (typeof FILE_FAULTS)[number];

export const ROW_FAULTS = [
  ...(['too few fields', 'too many fields', 'not a number', 'out of range', 'empty key', 'out of the list'] as const),
] as const;
export type RowFaultKind = (typeof ROW_FAULTS)[number];

/** Longer than what is read of a file to see its header, so that only a reader of the whole file finds the fault. */
const FAR_DOWN = 1.25 * 1024 * 1024;
const TOO_LONG = 1024 * 1024 + 1;
/** Rows of each file of a fault that concerns the file. */
const ROWS = 3;
/** Of each kind of bad row a file has so many at most. */
const OF_A_KIND = 2;

type Sample = { source: CompiledSource; header: string[]; rows: string[][]; records: number };

/**
 * Files full of faults that go with a delivery, and what has to become of each. Bad rows are as many as leave every table
 * within 1 % of its records, so that the slot is published. A kind that the delivery has too few rows for is left out.
 */
export async function planFaults(
  files: readonly DeliveryFile[],
  label: string,
): Promise<{ files: FaultyFile[]; told: ToldFaults }> {
  const faults = new Faults(label);
  const samples = new Map<string, Sample>();
  for (const [table, group] of Map.groupBy(files, (file) => file.table)) samples.set(table, await sample(table, group));
  for (const table of ['bureau', 'POS_CASH_balance', 'credit_card_balance']) {
    const found = samples.get(table);
    if (!found || found.rows.length < SAMPLE) continue;
    ofFiles(faults, found);
    break;
  }
  const trains = samples.get('application_train');
  if (trains && trains.rows.length >= ROWS) {
    const header = trains.header.map((name) => (name === 'TARGET' ? 'DEFAULTED' : name));
    faults.file(
      'renamed column',
      trains,
      `application_train_${label}_sem_target.csv`,
      csv([header, ...trains.rows.slice(0, ROWS)]),
    );
  }
  faults.file('unknown table', null, `clientes_${label}.csv`, 'id,nome\n1,Ana\n');
  faults.file('document', null, `relatorio_${label}.pdf`, '%PDF-1.4\n');
  for (const [turn, found] of [...samples.values()].entries()) ofRows(faults, found, turn);
  return { files: faults.files, told: faults.told };
}

class Faults {
  readonly files: FaultyFile[] = [];
  readonly told: ToldFaults = { files: [], rows: [], tables: {} };
  readonly label: string;

  constructor(label: string) {
    this.label = label;
  }

  file(kind: FileFaultKind, of: Sample | null, key: string, content: string | Buffer): void {
    this.files.push({ key, bytes: typeof content === 'string' ? Buffer.from(content) : content });
    const outcome = kind === 'document' ? 'document' : ACCEPTED.has(kind) ? 'accepted' : 'refused';
    this.told.files.push({ key, kind, outcome, table: of?.source.name ?? null });
  }

  row(fault: RowFault): void {
    this.told.rows.push(fault);
    this.count(fault.table, fault.layer === 'raw' ? { unreadable: 1 } : { quarantined: 1 });
  }

  count(table: string, more: Partial<FaultFigures>): void {
    const figures = this.told.tables[table] ?? { unreadable: 0, quarantined: 0, superseded: 0, conflicting: 0 };
    this.told.tables[table] = figures;
    for (const [name, number] of Object.entries(more)) figures[name as keyof FaultFigures] += number;
  }
}

const ACCEPTED: ReadonlySet<FileFaultKind> = new Set<FileFaultKind>([
  ...(['unknown column', 'reordered columns', 'missing optional column', 'header only', 'same content twice'] as const),
  ...(['files that disagree', 'odd name', 'bad rows'] as const),
]);

/** Every fault of a whole file, each with rows of its own of one table. */
function ofFiles(faults: Faults, of: Sample): void {
  const { header, source } = of;
  const { name: table } = source;
  let next = 0;
  const take = () => {
    next += ROWS;
    return of.rows.slice(next - ROWS, next);
  };
  const key = (what: string, ending = 'csv') => `${table}/${faults.label}_${what}.${ending}`;
  const text = (rows = take()) => csv([header, ...rows]);
  const long = () => csv([header, ...Array(Math.ceil(FAR_DOWN / csv(of.rows.slice(0, 1)).length)).fill(of.rows[0])]);
  /** Rows that the delivery has too: one of the two is superseded. */
  const sentAgain = (
    kind: FileFaultKind,
    at: string,
    change: (row: string[]) => string[] = (row) => row,
    names = header,
  ) => {
    const rows = take();
    faults.file(kind, of, at, csv([names, ...rows.map(change)]));
    faults.count(table, { superseded: ROWS });
    return rows;
  };

  faults.file('no header', of, key('sem_cabecalho'), csv(take()));
  faults.file(
    'repeated column',
    of,
    key('coluna_repetida'),
    csv([[...header, header[0] ?? ''], ...take().map((row) => [...row, ''])]),
  );
  sentAgain('unknown column', key('coluna_nova'), (row) => [...row, '7'], [...header, 'NOVIDADE']);
  sentAgain('reordered columns', key('outra_ordem'), (row) => row.toReversed(), header.toReversed());
  const optional = source.columns.find((column) => !column.required && !column.key);
  if (optional) {
    const place = header.indexOf(optional.name);
    const without = (row: string[]) => row.toSpliced(place, 1);
    const rows = sentAgain('missing optional column', key('sem_opcional'), without, without(header));
    faults.count(table, { conflicting: rows.filter((row) => row[place] !== '').length });
  }
  faults.file('utf-16', of, key('utf16'), Buffer.from(`\ufeff${text()}`, 'utf16le'));
  faults.file(
    'latin-1 far down',
    of,
    key('latin1'),
    Buffer.concat([Buffer.from(long()), Buffer.from('São Paulo\n', 'latin1')]),
  );
  faults.file('binary', of, key('binario'), Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)));
  faults.file('nul byte', of, key('byte_nulo'), `${long()}\0\n`);
  faults.file('empty', of, key('vazio'), '');
  faults.file('header only', of, key('so_cabecalho'), csv([header]));
  faults.file('gzip cut short', of, key('cortado', 'csv.gz'), gzipSync(text()).subarray(0, -6));
  faults.file('not gzip', of, key('nao_e_gzip', 'csv.gz'), text());
  faults.file('open quote', of, key('aspas'), `${long()}"aspas sem fim\n`);
  faults.file('line too long', of, key('linha_longa'), `${long()}${'9'.repeat(TOO_LONG)}\n`);
  const twice = text();
  for (const name of ['copia_1', 'copia_2']) {
    faults.file('same content twice', of, key(name), twice);
    faults.count(table, { superseded: ROWS });
  }
  const disputed = take();
  for (const version of [1, 2]) {
    const rows = disputed.map((row) => withAnotherValue(row, of, version));
    faults.file('files that disagree', of, key(`versao_${version}`), csv([header, ...rows]));
    // Of three versions of a key two lose, each to another value.
    faults.count(table, { superseded: ROWS, conflicting: ROWS });
  }
  sentAgain('odd name', `mês [1] 100%/${table} nº 1+${faults.label}.csv`);
}

/** A file of a table's bad rows, and of rows that the delivery holds too. */
function ofRows(faults: Faults, of: Sample, turn: number): void {
  const { source, header } = of;
  const { name: table } = source;
  const allowed = Math.floor(of.records / 100);
  const kinds = breakers(source);
  const bad = Math.min(allowed, OF_A_KIND * kinds.length);
  // From the end of the sample: its beginning is taken by the faults of whole files.
  const rows = of.rows.slice(-(bad + 2 * OF_A_KIND));
  if (bad === 0 || rows.length < bad + 2 * OF_A_KIND) return;
  const key = `${table}_${faults.label}_linhas_ruins.csv`;
  const lines = [header];
  for (let index = 0; index < bad; index++) {
    // Each table begins with another kind, so that a small delivery has all of them too.
    const [kind, layer, column, rule, breakRow] = kinds[(index + turn) % kinds.length] as Breaker;
    lines.push(breakRow(header, rows[index] ?? []));
    faults.row({ key, table, line: lines.length, kind, layer, column, rule });
  }
  for (const [index, row] of rows.slice(bad).entries()) {
    const changed = index >= OF_A_KIND;
    lines.push(changed ? withAnotherValue(row, of, 1) : row);
    faults.count(table, { superseded: 1, conflicting: changed ? 1 : 0 });
  }
  faults.file('bad rows', of, key, csv(lines));
}

type Breaker = [RowFaultKind, RowFault['layer'], string | null, string, (header: string[], row: string[]) => string[]];

/** What can be broken in a row of the table, and what quarantine says of it. */
function breakers({ columns }: CompiledSource): Breaker[] {
  const setting = (name: string, value: string) => (header: string[], row: string[]) =>
    row.with(header.indexOf(name), value);
  const one = (wanted: (column: CompiledSourceColumn) => boolean) =>
    columns.find((column) => !column.key && wanted(column)) ?? columns.find(wanted);
  const number = one(({ type }) => type !== 'string');
  const int = one(({ type, accepted }) => type === 'int' && accepted === null);
  const listed = columns.find(({ accepted }) => accepted !== null);
  const key = columns.find((column) => column.key && !column.keyMayBeEmpty);
  const found: (Breaker | false | undefined)[] = [
    listed && ['out of the list', 'trusted', listed.name, 'fora_da_lista', setting(listed.name, '7')],
    ['too few fields', 'raw', null, 'numero_de_campos', (_, row) => row.slice(0, -1)],
    number && ['not a number', 'trusted', number.name, 'tipo', setting(number.name, '1,5')],
    key && ['empty key', 'trusted', key.name, 'chave_vazia', setting(key.name, '')],
    int && ['out of range', 'trusted', int.name, 'fora_da_faixa', setting(int.name, '3000000000')],
    ['too many fields', 'raw', null, 'numero_de_campos', (_, row) => [...row, '8']],
  ];
  return found.filter((breaker) => breaker !== undefined && breaker !== false);
}

/** The row with a value that no other version of it has, and that is good: an amount, or of a table without one a code. */
function withAnotherValue(row: string[], { source, header }: Sample, version: number): string[] {
  const free = source.columns.filter(({ key, accepted }) => !key && accepted === null);
  const amount = free.find(({ type }) => type.startsWith('decimal'));
  if (amount) return row.with(header.indexOf(amount.name), `${9_999_990 + version}`);
  const place = header.indexOf(free.find(({ type }) => type === 'string')?.name ?? '');
  const codes = ['C', '0', 'X'].filter((code) => code !== row[place]);
  return row.with(place, codes[version - 1] ?? 'C');
}

/** As many rows as the faults of whole files take, and the bad rows of one table. */
const SAMPLE = 48;

/** The first rows of a table's delivery without those that it sends twice, in the columns of the catalogue. */
async function sample(table: string, files: readonly DeliveryFile[]): Promise<Sample> {
  const source = compiledSources()[table];
  if (!source) throw new Error(`the catalogue has no source ${table}`);
  const header = source.columns.map(({ name }) => name);
  const keys = source.columns.filter(({ key }) => key).map(({ name }) => name);
  const rows = new Map<string, string[]>();
  for (const file of files) {
    if (rows.size >= SAMPLE) break;
    const reader = text(file).pipe(parse({ columns: true, bom: true, to: SAMPLE }));
    for await (const row of reader as AsyncIterable<Record<string, string>>) {
      const key = keys.map((name) => row[name]).join('|');
      if (rows.size === SAMPLE && !rows.has(key)) break;
      rows.set(
        key,
        header.map((name) => row[name] ?? ''),
      );
    }
  }
  return { source, header, rows: [...rows.values()], records: files.reduce((sum, one) => sum + one.rows, 0) };
}

function text(file: DeliveryFile): Readable {
  const bytes = file.open();
  return file.compression === 'gzip' ? bytes.pipe(createGunzip()) : bytes;
}

function csv(rows: readonly (readonly string[])[]): string {
  const field = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return rows.map((row) => `${row.map(field).join(',')}\n`).join('');
}
