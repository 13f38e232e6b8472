// Reads generated files as a stranger would: from their bytes alone, by the rules that the bank's files follow.
import { gunzipSync } from 'node:zlib';
import { type DeliveryFile, planDelivery } from '../../../infra/local/source/delivery.ts';

export interface ReadFile {
  key: string;
  table: string;
  rows: number;
  text: string;
  header: string[];
  records: string[][];
}

export type Row = Record<string, string>;

export async function bytesOf(file: DeliveryFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.open()) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return file.key.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export async function readFiles(files: DeliveryFile[]): Promise<ReadFile[]> {
  const read: ReadFile[] = [];
  for (const file of files) {
    const text = (await bytesOf(file)).toString('utf8');
    const [header = [], ...records] = parse(text.replace(/^\ufeff/, ''));
    read.push({ key: file.key, table: file.table, rows: file.rows, text, header, records });
  }
  return read;
}

/** The files of a slot, of `tables` alone if they are given. */
export async function readSlot(slotNumber: number, scale: number, seed = 7, tables?: string[]): Promise<ReadFile[]> {
  const files = planDelivery({ slotNumber, scale, seed });
  return readFiles(files.filter((file) => tables === undefined || tables.includes(file.table)));
}

/** For what reads whole deliveries: a machine that is busy with other tests may need a while. */
export const PATIENCE = 60_000;

/** Rows of a table by column name, in the order of the files' keys and lines. Numbers keep the form they have. */
export function rowsOf(files: ReadFile[], table: string): Row[] {
  return files
    .filter((file) => file.table === table)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap(({ header, records }) => records.map((record) => toRow(header, record)));
}

/** The same value in one form only: `12.0` and `12` are equal. The unnamed index column does not count. */
export function plain(row: Row): string {
  return Object.keys(row)
    .filter((name) => name !== '')
    .sort()
    .map((name) => (row[name] ?? '').replace(/\.0$/, ''))
    .join('|');
}

export const KEYS: Record<string, string[]> = {
  application_train: ['SK_ID_CURR'],
  application_test: ['SK_ID_CURR'],
  bureau: ['SK_ID_BUREAU'],
  bureau_balance: ['SK_ID_BUREAU', 'MONTHS_BALANCE'],
  previous_application: ['SK_ID_PREV'],
  POS_CASH_balance: ['SK_ID_PREV', 'MONTHS_BALANCE'],
  credit_card_balance: ['SK_ID_PREV', 'MONTHS_BALANCE'],
  installments_payments: ['SK_ID_PREV', 'NUM_INSTALMENT_VERSION', 'NUM_INSTALMENT_NUMBER', 'DAYS_ENTRY_PAYMENT'],
};

export function keyOf(table: string, row: Row): string {
  return (KEYS[table] ?? []).map((name) => (row[name] ?? '').replace(/\.0$/, '')).join('|');
}

function toRow(header: string[], record: string[]): Row {
  if (record.length !== header.length) throw new Error(`${record.length} fields under ${header.length} columns`);
  return Object.fromEntries(header.map((name, i) => [name, record[i] ?? '']));
}

function parse(text: string): string[][] {
  const lines = text.split(/\r?\n/);
  if (lines.pop() !== '') throw new Error('the last line has no end');
  return lines.map((line) => {
    if (!line.includes('"')) return line.split(',');
    const fields = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
    // The expression also matches the empty end of the line.
    if (!line.endsWith(',')) fields.pop();
    return fields.map((part) => part.replace(/,$/, '').replace(/^"(.*)"$/, '$1'));
  });
}
