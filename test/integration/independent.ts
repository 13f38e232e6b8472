import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { DroppedFile } from './deliveries.ts';

export type PublishedSlot = { slot: Date; files: DroppedFile[] };

/** What `independent.py` reckons from the CSV files. */
export type Reckoned = {
  slots: {
    slot: string;
    /** What the slot's fold did to each table it delivered. */
    trusted: Record<string, Fold>;
    /** All columns of each indicator's rows, numbers of exact decimals as text. */
    refined: Record<string, (string | number | null)[][]>;
  }[];
  /** The trusted tables after the last slot: of each column its values, and the sum where that has a meaning. */
  content: Record<string, Record<string, { values: number; sum: string | null }>>;
};

type Fold = Record<
  'records' | 'unreadable' | 'inserted' | 'updated' | 'unchanged' | 'superseded' | 'quarantined' | 'total',
  number
>;

export function reckon(published: PublishedSlot[]): Promise<Reckoned> {
  const python = process.env['PODLAKE_PYTHON_ENVIRONMENT'];
  if (!python) throw new Error('PODLAKE_PYTHON_ENVIRONMENT names no Python with DuckDB; run the test by "npm test"');
  const child = spawn(python, [join(import.meta.dirname, 'independent.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const slots = published.map(({ slot, files }) => ({
    slot: instant(slot),
    files: files.map(({ key, path, arrival }) => ({ key, path, arrival: instant(arrival) })),
  }));
  child.stdin.end(JSON.stringify(slots));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(output) as Reckoned) : reject(new Error(complaint)),
    );
  });
}

const instant = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;
