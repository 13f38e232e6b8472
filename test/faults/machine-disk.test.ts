// A disk that is full or becomes full: nothing that was acknowledged is lost, and nothing is written into the last bytes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { stackFolder } from '../../infra/local/stack/index.ts';
import { run } from '../../infra/local/tools/command.ts';
import type { Played } from './full-disk/play.ts';
import { mounted, mustMount } from './machine-mount.ts';
import { Podlake } from './machine-podlake.ts';
import { processesOf } from './what-runs.ts';

// A stack starts within five seconds on a quiet machine, and within half a minute on a busy one.
vi.setConfig({ testTimeout: 180_000 });

const PLAY = join(import.meta.dirname, 'full-disk', 'play.ts');
const stack = `disk-${process.pid}`;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podlake-disk-'));
  await chmod(folder, 0o755);
  mkdirSync(stackFolder(stack), { recursive: true });
  await mustMount(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(stackFolder(stack), { recursive: true, force: true });
});

/** Plays a part on a disk of its own; says what it acknowledged, how it refused, and what it had after its restart. */
async function playFull(part: string, megabytes: number): Promise<Played> {
  const [file = '', ...words] = mounted(folder, { type: 'tmpfs', megabytes });
  const { code, stdout, stderr } = await run(file, [...words, process.execPath, PLAY, part, folder]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const parts = [
  { part: 's3', title: 'S3', megabytes: 40, refusal: /no space left/i },
  { part: 'aws', title: 'the AWS endpoint', megabytes: 40, refusal: /disk .* is full/ },
  { part: 'postgres', title: 'Postgres', megabytes: 128, refusal: /no space left/i },
  { part: 'temporal', title: 'Temporal', megabytes: 40, refusal: /./ },
];
for (const { part, title, megabytes, refusal } of parts)
  test(`${title} refuses what no longer fits on the disk, and has all that it acknowledged once there is space`, async () => {
    const played = await playFull(part, megabytes);

    expect(played.refusal).toMatch(refusal);
    expect(played.acknowledged.length).toBeGreaterThan(3);
    expect(played.found).toEqual(expect.arrayContaining(played.acknowledged));
  });

test('a stack is not started on a disk that it would soon fill, and nothing is left there', async () => {
  const before = mounted(stackFolder(stack), { type: 'tmpfs', megabytes: 500 });

  const { code, output } = await new Podlake(['up', '--no-worker', '--stack', stack], { before }).ended;

  expect([code, output]).toEqual([
    1,
    `Only 524 MB are free on the disk of ${stackFolder(stack)}, and the stack needs 1000 MB to start. Free some space and repeat; nothing was changed.`,
  ]);
});

test('a stack whose disk is almost full stops in order and says why', async () => {
  const before = mounted(stackFolder(stack), { type: 'tmpfs', megabytes: 1200 });
  const up = new Podlake(['up', '--no-worker', '--stack', stack], { before });
  onTestFinished(async () => {
    up.kill('SIGINT');
    await up.ended;
  });
  await up.says('" is up');

  writeFileSync(`/proc/${up.pid}/root${stackFolder(stack)}/ballast`, Buffer.alloc(1_000e6));
  const { code, output } = await up.ended;

  expect(output).toMatch(
    /The disk of .* is almost full \(\d+ MB are free\), so that the stack stops before anything is cut short\. Free at least 1000 MB and repeat "podlake up": what was under way goes on\.\nstopping aws\nstopping temporal\nstopping postgres\nstopping s3$/,
  );
  expect([code, processesOf(stack)]).toEqual([1, []]);
});
