import type { Readable } from 'node:stream';
import { fileForm, fileKey } from './forms.ts';
import { Population, TABLES, type TableName } from './population.ts';
import { hash } from './random.ts';
import { delivers, SlotShare } from './share.ts';
import { openFile, recordsIn } from './write.ts';

export interface DeliveryOptions {
  /** 0 is the initial load of everything; each later slot brings what is new or changed. */
  slotNumber: number;
  /** 1 is the size of the full public data; 0.01 a hundredth of each table. */
  scale: number;
  seed: number;
  /** Stands in the names of the files. It means nothing; by default it counts the slots. */
  dateLabel?: string;
}

export interface DeliveryFile {
  /** Below the top of the bucket or folder. */
  key: string;
  table: TableName;
  compression: 'none' | 'gzip';
  /** Records, the header left out. */
  rows: number;
  /** The file's bytes, made as they are read: each call begins anew. */
  open(): Readable;
}

/** Rows for a file of some 128 MB, by the mean size of a row. */
const FILE_BYTES = 128e6;
const ROW_BYTES: Record<TableName, number> = {
  application_train: 560,
  application_test: 560,
  bureau: 100,
  bureau_balance: 15,
  previous_application: 250,
  POS_CASH_balance: 45,
  credit_card_balance: 120,
  installments_payments: 60,
};

/**
 * The files of one slot, in no order that matters. Equal options give equal files, whatever was planned or written
 * before. (Of a gzip file that holds for what it contains: compressors differ between machines.)
 */
export function planDelivery(options: DeliveryOptions): DeliveryFile[] {
  const { slotNumber, scale, seed } = checked(options);
  const population = new Population(seed, scale);
  const label = options.dateLabel ?? `lote-${String(slotNumber + 1).padStart(4, '0')}`;
  const files: DeliveryFile[] = [];
  for (const table of TABLES) {
    if (!delivers(population, table, slotNumber)) continue;
    const share = new SlotShare(population, table, slotNumber);
    const parts = partCount(population, table, slotNumber, share.rows);
    for (let part = 0; part < parts; part++) {
      const key = hash(population.key(`${table} file ${part}`), slotNumber);
      const form = fileForm(hash(population.key('forms'), slotNumber), files.length);
      const from = Math.floor((share.rows * part) / parts);
      const to = Math.floor((share.rows * (part + 1)) / parts);
      files.push({
        key: fileKey(table, label, part, parts, form, key),
        table,
        compression: form.compression,
        rows: recordsIn(from, to),
        open: () => openFile(share, from, to, form, key),
      });
    }
  }
  return files;
}

function checked(options: DeliveryOptions): DeliveryOptions {
  const { slotNumber, scale, seed, dateLabel } = options;
  if (!Number.isInteger(slotNumber) || slotNumber < 0 || slotNumber > 100_000) {
    throw new RangeError(`slotNumber is ${slotNumber}: give a whole number from 0 to 100000`);
  }
  if (!(scale > 0 && scale <= 10)) throw new RangeError(`scale is ${scale}: give a number above 0 and up to 10`);
  if (!Number.isInteger(seed)) throw new RangeError(`seed is ${seed}: give a whole number`);
  if (dateLabel !== undefined && !/^\d[\w-]*$/.test(dateLabel)) {
    throw new RangeError(`dateLabel is ${dateLabel}: begin with a digit, then letters, digits, - and _ only`);
  }
  return options;
}

function partCount(population: Population, table: TableName, slot: number, rows: number): number {
  const bySize = Math.ceil((rows * ROW_BYTES[table]) / FILE_BYTES);
  const splits = rows > 20 && hash(population.key(`${table} parts`), slot) % 3 === 0;
  return Math.max(1, bySize) + (splits ? 1 : 0);
}
