// What the bank's systems drop: files are written to a folder, which the independent computation reads, and copied to landing.
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { planDelivery } from '../../infra/local/source/delivery.ts';
import { planFaults, type ToldFaults } from '../../infra/local/source/faults.ts';
import { bucketSink, dateFiles, folderSink, writeDelivery } from '../../infra/local/source/sinks.ts';
import { bucketName } from '../../workers/config.ts';
import { readSlot } from '../unit/source/read-delivery.ts';
import { type Stack, tell } from './stack.ts';

export const SCALE = 0.001;
export const SEED = 7;

export type DroppedFile = { key: string; path: string; arrival: Date };

/** Files on their way to landing, in a folder of their own. */
export class Delivery {
  readonly #folder: string;
  readonly files: DroppedFile[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The generator's delivery of a slot, of `tables` alone if they are given. Its files arrive one second after the other. */
  async generated(slotNumber: number, from: Date, tables?: string[]): Promise<this> {
    const planned = planDelivery({ slotNumber, scale: SCALE, seed: SEED });
    const wanted = planned.filter(({ table }) => tables === undefined || tables.includes(table));
    await writeDelivery(wanted, folderSink(this.#folder));
    for (const [index, { key }] of wanted.entries()) this.#note(key, new Date(from.getTime() + index * 1000));
    return this;
  }

  /** Files with faults of every kind beside the slot's delivery, which come after it; what has to become of them. */
  async faulty(slotNumber: number, from: Date): Promise<ToldFaults> {
    const { files, told } = await planFaults(
      planDelivery({ slotNumber, scale: SCALE, seed: SEED }),
      `lote-${slotNumber}`,
    );
    for (const [index, { key, bytes }] of files.entries()) {
      await this.file(key, bytes, new Date(from.getTime() + index * 1000));
    }
    return told;
  }

  async file(key: string, content: string | Buffer, arrival: Date): Promise<this> {
    const path = join(this.#folder, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    this.#note(key, arrival);
    return this;
  }

  /** Copies everything to landing and dates it there. */
  async drop(stack: Stack): Promise<this> {
    const landing = bucketName(stack.config, 'landing');
    const sink = bucketSink(stack.aws.s3, landing);
    for (const { key, path, arrival } of this.files) {
      await sink.put(key, createReadStream(path));
      await dateFiles(join(stack.folder, 's3', landing), [key], arrival);
    }
    tell(`${this.files.length} files dropped in ${landing}`);
    return this;
  }

  #note(key: string, arrival: Date): void {
    this.files.push({ key, path: join(this.#folder, key), arrival });
  }
}

/** Some rows of a slot's table as objects, and CSV made of such rows. */
export async function rowsOfSlot(slotNumber: number, table: string): Promise<Record<string, string>[]> {
  const files = await readSlot(slotNumber, SCALE, SEED, [table]);
  return files.flatMap(({ header, records }) =>
    records.map((record) => Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']))),
  );
}

/** CSV of rows; its columns are those of the first row, and one without a name (a data frame's index) is left out. */
export function csv(rows: Record<string, string>[]): string {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== '');
  const field = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ''))]
    .map((values) => `${values.map(field).join(',')}\n`)
    .join('');
}
