// How fast the generator is, and whether its memory stays flat, both as ratios against what was measured in the same run,
// so that they can be compared between machines. Run: npm run bench:generator [-- scale]
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { type DeliveryFile, planDelivery } from '../../infra/local/source/delivery.ts';

const scale = Number(process.argv[2] ?? 0.2);
const CHUNK = 192 * 1024;

interface Measured {
  bytes: number;
  seconds: number;
  peak: number;
}

/** Reads streams to their end, one after the other, as a sink would that costs nothing. */
async function drain(streams: Iterable<Readable>): Promise<Measured> {
  const measured = { bytes: 0, seconds: 0, peak: 0 };
  const start = performance.now();
  for (const stream of streams) {
    for await (const chunk of stream) {
      measured.bytes += (chunk as Buffer).length;
      measured.peak = Math.max(measured.peak, process.memoryUsage.rss());
    }
  }
  measured.seconds = (performance.now() - start) / 1000;
  return measured;
}

/** The least that any generator has to do: copy a ready row again and again, in chunks of the same size. */
function* constantRows(row: Buffer, rows: number): Generator<Buffer> {
  let chunk = Buffer.allocUnsafeSlow(CHUNK + row.length);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < row.length; j++) chunk[at + j] = row[j] as number;
    at += row.length;
    if (at >= CHUNK) {
      yield chunk.subarray(0, at);
      chunk = Buffer.allocUnsafeSlow(CHUNK + row.length);
      at = 0;
    }
  }
  yield chunk.subarray(0, at);
}

function speed({ bytes, seconds }: Measured): string {
  return `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`;
}

function* opened(files: DeliveryFile[]): Generator<Readable> {
  for (const file of files) yield file.open();
}

async function contentBytes(files: DeliveryFile[]): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const chunks: Buffer[] = [];
    for await (const chunk of file.open()) chunks.push(chunk as Buffer);
    bytes += gunzipSync(Buffer.concat(chunks)).length;
  }
  return bytes;
}

const plan = (of: number) => planDelivery({ slotNumber: 0, scale: of, seed: 1 });
const plain = plan(scale).filter((file) => file.compression === 'none');
const gzip = plan(scale).filter((file) => file.compression === 'gzip');

// A first, small delivery warms the machine code up, and its memory is what the large one is compared with.
const small = await drain(opened(plan(scale / 20)));
for (const table of new Set(plain.map((file) => file.table))) {
  const files = plain.filter((file) => file.table === table);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const made = await drain(opened(files));
  const row = Buffer.alloc(Math.round(made.bytes / rows), 'x');
  const bare = await drain([Readable.from(constantRows(row, rows), { objectMode: false })]);
  const ratio = (made.seconds / made.bytes / (bare.seconds / bare.bytes)).toFixed(1);
  console.log(
    `${table}: ${rows} rows of ${row.length} bytes at ${speed(made)}, ${ratio} times as long as constant rows`,
  );
}
const large = await drain(opened(plan(scale)));
const packed = await drain(opened(gzip));
const unpacked = await contentBytes(gzip);
const all = large.bytes - packed.bytes + unpacked;
console.log(`gzip files: ${speed({ ...packed, bytes: unpacked })} of CSV`);
console.log(`all files: ${(all / 1e6).toFixed(0)} MB of CSV at ${speed({ ...large, bytes: all })}`);
const growth = (large.peak / small.peak).toFixed(2);
console.log(`peak memory: ${growth} times that of a delivery 20 times smaller (${(large.peak / 1e6).toFixed(0)} MB)`);
