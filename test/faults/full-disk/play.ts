// Run on a small disk: a part is written to until the disk is full, killed, given space, started again and read.
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, stopPart } from '../../../infra/local/stack/process.ts';
import { aws } from './aws.ts';
import { postgres } from './postgres.ts';
import { s3 } from './s3.ts';
import { temporal } from './temporal.ts';

/** A part of the stack, as one who keeps things in it knows it. */
export type Keeper = {
  start: () => Promise<Part>;
  /** Settles once the part has acknowledged item `number`, and rejects when it refuses it. */
  write: (number: number) => Promise<void>;
  /** The numbers of all items that it has, whole. */
  read: () => Promise<number[]>;
};

export type Played = { acknowledged: number[]; refusal: string; found: number[] };

const KEEPERS = { s3, aws, postgres, temporal };
const MOST_WRITES = 2_000;
/** Left free before the writing begins, so that it is not long until the end. */
const SPARE_BYTES = 6e6;

async function play(keeper: Keeper, folder: string): Promise<Played> {
  const part = await keeper.start();
  const ballast = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - SPARE_BYTES)));
  const acknowledged: number[] = [];
  let refusal = '';
  for (let number = 0; refusal === '' && number < MOST_WRITES; number++) {
    await keeper.write(number).then(
      () => acknowledged.push(number),
      (error: Error) => {
        const { cause } = error;
        refusal = (cause instanceof Error ? cause.message : error.message) || String(error);
      },
    );
  }
  await stopPart(part, 5_000, 'SIGKILL');
  rmSync(ballast);
  const again = await keeper.start();
  const found = await keeper.read();
  await stopPart(again, 5_000, 'SIGKILL');
  return { acknowledged, refusal, found };
}

const [name, folder] = process.argv.slice(2);
if (!name || !folder || !(name in KEEPERS) || !existsSync(folder)) throw new Error('play.ts <part> <folder>');
const played = await play(await KEEPERS[name as keyof typeof KEEPERS](folder), folder);
process.stdout.write(`${JSON.stringify(played)}\n`, () => process.exit());
