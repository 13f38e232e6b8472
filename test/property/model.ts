import { FILE_COLUMNS, header, type PlayedSlot, recordText } from './files.ts';
import { defaultRate, indicators, type ModelRow, type Published, time } from './model-indicators.ts';
import { type ModelColumn, type Reading, readValue, type Typed } from './model-values.ts';
import { type Delivered, type Fault, type Table, THRESHOLDS, type Values } from './sequence.ts';

/**
 * What a lake has to hold after a sequence of deliveries, written from the rules of the source data alone: no code of the
 * lake is used. It knows the rows as they were drawn and reads no CSV.
 */

const COLUMNS: Record<Table, Record<string, ModelColumn>> = {
  application_train: {
    SK_ID_CURR: { type: 'bigint', key: true },
    TARGET: { type: 'int', list: [0, 1] },
    NAME_CONTRACT_TYPE: { type: 'text' },
    AMT_CREDIT: { type: 'amount' },
    DAYS_EMPLOYED: { type: 'int', noDate: 365243 },
    EXT_SOURCE_1: { type: 'double' },
  },
  bureau_balance: {
    SK_ID_BUREAU: { type: 'bigint', key: true },
    MONTHS_BALANCE: { type: 'int', key: true },
    STATUS: { type: 'text' },
  },
  installments_payments: {
    SK_ID_PREV: { type: 'bigint', key: true },
    SK_ID_CURR: { type: 'bigint' },
    NUM_INSTALMENT_VERSION: { type: 'int', key: true },
    NUM_INSTALMENT_NUMBER: { type: 'int', key: true },
    DAYS_INSTALMENT: { type: 'int' },
    DAYS_ENTRY_PAYMENT: { type: 'int', key: true, mayBeEmpty: true },
    AMT_INSTALMENT: { type: 'amount' },
    AMT_PAYMENT: { type: 'amount' },
  },
};
const TABLES = Object.keys(COLUMNS) as Table[];

export type Entry = {
  /** Of the run that has the file: one that a cancelled run gave back is taken by the next. */
  slot: string;
  key: string;
  outcome: 'accepted' | 'refused' | 'document' | 'held' | 'given_back';
  table: string | null;
  why: Fault | 'held' | 'waits' | null;
  notes: string[];
  /** Equal content that the ledger may link or not: the rules do not say which, where the other was not loaded. */
  mayBeLinked: boolean;
  records: number | null;
  unreadable: number | null;
};

export type Load = {
  records: number;
  unreadable: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  conflicting: number;
  quarantined: number;
};

export type Reason = { coluna: string | null; valor: string | null; regra: string };
export type QuarantinedRow = {
  tabela: Table;
  slot: string;
  camada: 'raw' | 'trusted';
  arquivo: string;
  registro: number;
  /** As an editor counts lines: the header's is the first. */
  linha: number;
  chave: string | null;
  motivos: Reason[];
  texto: string | Values;
};

export type Expected = {
  runs: { slot: string; state: string; held: string[] }[];
  ledger: Entry[];
  /** By slot and table; a table of which a slot had no record is not there. */
  loads: Record<string, Load>;
  trusted: Record<Table, ModelRow[]>;
  quarantine: QuarantinedRow[];
  refined: Record<string, ModelRow[]>;
};

/** Faults that only show when the whole file is read; the others show in its first bytes or its name. */
const SEEN_BY_RAW: ReadonlySet<Fault | null> = new Set<Fault>(['latin-1 far down', 'open quote', 'gzip cut short']);

type Claimed = { file: Delivered; entry: Entry };

export function model(slots: PlayedSlot[], waiting: Table | null): Expected {
  const expected: Expected = {
    ...{ runs: [], ledger: [], loads: {}, quarantine: [], refined: {} },
    trusted: { application_train: [], bureau_balance: [], installments_payments: [] },
  };
  const landing = new Map<string, Delivered>();
  const claimed: Claimed[] = [];
  const published: Published[] = [];

  for (const slot of slots) {
    const at = time(slot.instant);
    for (const file of slot.delivered) landing.set(file.key, file);
    const arrived = [...landing.values()].filter(({ arrival }) => arrival <= slot.instant).sort(byArrival);
    for (const { key } of arrived) landing.delete(key);

    const own = claimed.filter(({ entry }) => entry.outcome === 'given_back');
    for (const { entry } of own) Object.assign(entry, { slot: at, outcome: 'accepted' });
    for (const file of arrived) {
      const entry = look(file, at, claimed, waiting);
      for (const list of [claimed, own]) list.push({ file, entry });
      expected.ledger.push(entry);
    }
    own.sort((a, b) => byArrival(a.file, b.file));

    const toLoad = own.filter(({ entry }) => entry.outcome === 'accepted');
    if (slot.cancelled) {
      for (const { entry } of toLoad) entry.outcome = 'given_back';
      expected.runs.push({ slot: at, state: 'cancelled', held: [] });
      continue;
    }
    const verdict = toLoad.length === 0 ? 'empty' : load(expected, slot, toLoad);
    if (verdict !== 'published') {
      expected.runs.push({ slot: at, state: verdict, held: [] });
      continue;
    }
    const refined = indicators(expected.trusted, slot.instant, published);
    for (const [name, rows] of Object.entries(refined)) {
      expected.refined[name] = [...(expected.refined[name] ?? []), ...rows];
    }
    published.push({ instant: slot.instant, rate: defaultRate(expected.trusted.application_train).taxa_inadimplencia });
    const refused = own.some(({ entry }) => entry.outcome === 'refused');
    const state = refused ? 'published_with_refusals' : 'published';
    expected.runs.push({ slot: at, state, held: heldDeliveries(expected.ledger) });
  }
  return expected;
}

const byArrival = (a: Delivered, b: Delivered) =>
  a.arrival.getTime() - b.arrival.getTime() || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** What is said of a file before its rows are read. */
function look(file: Delivered, slot: string, earlier: Claimed[], waiting: Table | null): Entry {
  const { fault, table, key } = file;
  const entry: Entry = {
    slot,
    key,
    outcome: 'accepted',
    table,
    why: null,
    notes: [],
    mayBeLinked: false,
    records: null,
    unreadable: null,
  };
  if (fault !== null && !SEEN_BY_RAW.has(fault)) {
    const nameTellsNothing = fault === 'unknown table' || fault === 'document';
    return {
      ...entry,
      outcome: fault === 'document' ? 'document' : 'refused',
      table: nameTellsNothing ? null : table,
      why: fault,
    };
  }
  if (table === waiting && earlier.some((one) => one.file.table === table && one.entry.outcome === 'held')) {
    return { ...entry, outcome: 'held', why: 'waits' };
  }
  header(file).forEach(({ written: name, column }, index) => {
    if (column === null) entry.notes.push(`unknown ${name || `_sem_nome_${index + 1}`}`);
    else if (name.trim() !== column) entry.notes.push(`case ${column}`);
  });
  if (file.form.withoutOptional) entry.notes.push(...FILE_COLUMNS[table].optional.map((name) => `missing ${name}`));
  if ((fault === null || fault === 'gzip cut short') && file.records.every(({ kind }) => kind === 'blank'))
    entry.notes.push('header only');
  const equal = earlier.filter((one) => one.file.key !== file.key && one.file.bytes.equals(file.bytes));
  // Which of two that came at once is told to be the copy of the other is open as well.
  const atOnce = equal.filter((one) => one.file.arrival.getTime() === file.arrival.getTime());
  if (atOnce.length > 0) for (const { entry: other } of [...atOnce, { entry }]) other.mayBeLinked = true;
  else if (equal.some((one) => one.entry.outcome === 'accepted')) entry.notes.push('same content');
  else entry.mayBeLinked = equal.length > 0;
  return entry;
}

type GoodRow = { values: ModelRow; key: string };

/** Reads the files of one slot; publishes it, or holds it whole when one table has too many bad rows. */
function load(expected: Expected, slot: PlayedSlot, claimed: Claimed[]): 'published' | 'failed' | 'empty' {
  const at = time(slot.instant);
  for (const { file, entry } of claimed) {
    if (file.fault === null) continue;
    Object.assign(entry, { outcome: 'refused', why: file.fault, records: 0, unreadable: 0 });
  }
  const accepted = claimed.filter(({ entry }) => entry.outcome === 'accepted');
  if (accepted.length === 0) return 'empty';

  const next = { ...expected.trusted };
  let tooMany = false;
  for (const table of TABLES) {
    const files = accepted.filter(({ file }) => file.table === table);
    const figures: Load = {
      records: 0,
      unreadable: 0,
      inserted: 0,
      updated: 0,
      unchanged: 0,
      superseded: 0,
      conflicting: 0,
      quarantined: 0,
    };
    const good: GoodRow[] = [];
    for (const { file, entry } of files) {
      const found = readFile(file, at);
      Object.assign(entry, { records: found.records, unreadable: found.unreadable });
      figures.records += found.records;
      figures.unreadable += found.unreadable;
      figures.quarantined += found.bad.length - found.unreadable;
      expected.quarantine.push(...found.bad);
      good.push(...found.good);
    }
    next[table] = fold(table, expected.trusted[table], good, at, figures);
    tooMany ||= figures.quarantined + figures.unreadable > THRESHOLDS[table] * figures.records;
    if (figures.records > 0) expected.loads[`${at} ${table}`] = figures;
  }
  if (tooMany) {
    for (const { entry } of accepted) Object.assign(entry, { outcome: 'held', why: 'held' });
    return 'failed';
  }
  expected.trusted = next;
  return 'published';
}

function readFile(file: Delivered, slot: string) {
  const good: GoodRow[] = [];
  const bad: QuarantinedRow[] = [];
  let [records, unreadable, line] = [0, 0, 2];
  for (const record of file.records) {
    const text = recordText(file, record);
    const linha = line;
    line += text.split('\n').length;
    if (record.kind === 'blank') continue;
    records += 1;
    const where = { tabela: file.table, slot, arquivo: file.key, registro: records, linha };
    if (record.kind === 'fields') {
      unreadable += 1;
      const motivos = [{ coluna: null, valor: null, regra: 'numero_de_campos' }];
      bad.push({ ...where, camada: 'raw', chave: null, motivos, texto: text });
      continue;
    }
    const present = header(file).flatMap(({ column }) =>
      column === null ? [] : [[column, record.values[column] ?? ''] as const],
    );
    const texts: Values = Object.fromEntries(present.filter(([, text]) => text !== ''));
    const read = Object.entries(COLUMNS[file.table]).map(([name, column]) => ({
      name,
      found: readValue(column, texts[name]),
    }));
    const motivos = read.flatMap(({ name, found }) =>
      'rule' in found ? [{ coluna: name, valor: texts[name] ?? null, regra: found.rule }] : [],
    );
    if (motivos.length > 0) {
      bad.push({ ...where, camada: 'trusted', chave: keyText(file.table, read), motivos, texto: texts });
      continue;
    }
    const values = Object.fromEntries(
      read.map(({ name, found }) => [name.toLowerCase(), 'value' in found ? found.value : null]),
    );
    good.push({ values, key: file.key });
  }
  return { records, unreadable, good, bad };
}

/** The key as `name=value, ...`; null where a part of it could not be read. */
function keyText(table: Table, row: { name: string; found: Reading }[]): string | null {
  const parts = row.filter(({ name }) => COLUMNS[table][name]?.key);
  if (parts.some(({ found }) => 'rule' in found)) return null;
  return parts.map(({ name, found }) => `${name.toLowerCase()}=${('value' in found && found.value) ?? ''}`).join(', ');
}

/** `good` in the order of (arrival, object key, line): of one key the last row of the slot wins, whole. */
function fold(table: Table, base: ModelRow[], good: GoodRow[], slot: string, figures: Load): ModelRow[] {
  const identity = (row: ModelRow) => valuesOf(table, row, true);
  const winners = new Map(good.map((row) => [identity(row.values), row]));
  figures.superseded = good.length - winners.size;
  figures.conflicting = good.filter((row) => {
    const winner = winners.get(identity(row.values));
    return winner !== row && valuesOf(table, row.values) !== valuesOf(table, winner?.values ?? {});
  }).length;
  const rows = new Map(base.map((row) => [identity(row), row]));
  for (const [key, { values, key: origin }] of winners) {
    const known = rows.get(key);
    if (known && valuesOf(table, known) === valuesOf(table, values)) {
      figures.unchanged += 1;
      continue;
    }
    figures[known ? 'updated' : 'inserted'] += 1;
    rows.set(key, { ...values, slot_atualizacao: slot, arquivo_origem: origin });
  }
  return [...rows.values()];
}

function valuesOf(table: Table, row: ModelRow, keyOnly = false): string {
  const names = Object.entries(COLUMNS[table]).flatMap(([name, { key }]) =>
    keyOnly && !key ? [] : [name.toLowerCase()],
  );
  return JSON.stringify(names.map((name): Typed => row[name] ?? null));
}

/** `slot table` of each held delivery. */
function heldDeliveries(ledger: Entry[]): string[] {
  const held = ledger.filter(({ outcome }) => outcome === 'held');
  return [...new Set(held.map(({ slot, table }) => `${slot} ${table}`))].sort();
}
