import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Delivery } from '../integration/deliveries.ts';
import type { PublishedSlot } from '../integration/independent.ts';
import { expectPublished } from '../integration/published.ts';
import { Stack, tell } from '../integration/stack.ts';
import { note, writeTable } from './kill-table.ts';
import { kill, PROCESSES, type Process } from './processes.ts';
import { endOf, startRun } from './run.ts';
import { isStep, reached, STAGES, type Stage } from './stages.ts';
import { expectSurvived } from './survival.ts';

type Kill = { process: Process; stage: Stage };

/** What is killed: nothing said, every process at three stages; `all`, at every stage; or some, each in a run of its own: `s3@raw aws@close`. */
const WANTED = process.env['PODLAKE_KILLS'] ?? '';
/** A step outlives all others. */
const ENDS_STEPS: ReadonlySet<Process> = new Set(['driver', 'all']);
const slots = scheduledSlots(new Date('2026-01-05T09:00:00Z'));
/** A run takes half a minute on two quiet cores, eight kills as long again; this is for busy ones. */
const RUN_MS = 600_000;

describe('a run goes on to its end', () => {
  const stack = new Stack(`kill-${process.pid}`);
  const published: PublishedSlot[] = [];
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podlake-kills-'));
    await stack.up();
    expect(await stack.podlake('schedule', 'apply')).toMatchObject({ code: 0 });
  }, 300_000);

  afterAll(async () => {
    await stack.erase();
    await rm(folder, { recursive: true, force: true });
    expect(existsSync(stack.folder)).toBe(false);
  }, 150_000);

  if (WANTED === 'all') {
    it('when it is the first and nobody disturbs it', () => play([]), RUN_MS);
    it('when it is a small one and nobody disturbs it', () => play([]), RUN_MS);
  }
  for (const kills of wantedKills()) {
    const deeds = kills.map(({ process, stage }) => `${process} at ${stage}`);
    it(`when killed: ${deeds.join(', ')}`, () => play(kills), RUN_MS);
  }

  if (WANTED === 'all')
    it(
      'and the lake tells the same story after ten stops, five of them kills of everything',
      async () => {
        const story = await theStory();
        for (let stop = 1; stop <= 10; stop += 1) {
          if (stop % 2 === 0) await kill(stack, 'all');
          else expect(await stack.down()).toMatchObject({ code: 0 });
          await stack.up();
          expect(await theStory()).toEqual(story);
        }
      },
      15 * 60_000,
    );

  if (WANTED === 'all') it('as the table of docs/reliability.md tells', writeTable);

  /** What readers and operators are told: all runs, and all rows of two indicators. */
  async function theStory(): Promise<string[]> {
    const answers = [
      await stack.podlake('runs', '--limit', '1000', '--json'),
      await stack.podlake('sql', 'select * from refined.taxa_inadimplencia order by ts_referencia', '--json'),
      await stack.podlake('sql', 'select count(*), sum(amt_credit) from trusted.application_train', '--json'),
    ];
    expect(answers.map(({ code, stderr }) => [code, stderr])).toEqual(answers.map(() => [0, '']));
    return answers.map(({ stdout }) => stdout);
  }

  /** Plays the next slot with these kills, in order of the stages, and compares everything with the independent computation. */
  async function play(kills: Kill[]): Promise<void> {
    const slot = slots.next().value;
    const number = published.length;
    const delivery = new Delivery(join(folder, String(number)));
    await delivery.generated(number, new Date(slot.getTime() - 45 * 60_000));
    await delivery.drop(stack);
    await startRun(stack, slot);
    const times = new Map<Stage | 'end', number>();
    for (const stage of STAGES) {
      await reached(stack, slot, stage);
      times.set(stage, performance.now());
      const victim = kills.find((one) => one.stage === stage)?.process;
      if (!victim) continue;
      tell(`killing ${victim} at ${stage}`);
      await kill(stack, victim);
      if (victim === 'supervisor' || victim === 'all') await stack.up();
    }
    expect(await endOf(stack, slot)).toEqual({ outcome: 'published', message: expect.any(String) });
    times.set('end', performance.now());
    published.push({ slot, files: delivery.files });
    // A kill may come as late as the first moments of the next stage.
    const lost = kills
      .filter(({ process }) => ENDS_STEPS.has(process))
      .flatMap(({ stage }) => STAGES.slice(STAGES.indexOf(stage)).slice(0, 2));
    await expectSurvived(stack, slot, delivery.files, new Set(lost));
    await expectPublished(stack, published);
    if (WANTED === 'all' && number > 0) note(kills, times);
  }
});

/** The slots of the schedule from the first on, Monday to Friday; none of the first weeks of 2026 is a holiday. */
function* scheduledSlots(first: Date): Generator<Date, never> {
  for (let time = first.getTime(); ; time += 12 * 3_600_000) {
    const slot = new Date(time);
    const inSaoPaulo = new Date(time - 3 * 3_600_000);
    if (![0, 6].includes(inSaoPaulo.getUTCDay())) yield slot;
  }
}

function wantedKills(): Kill[][] {
  if (WANTED === '') return [1, 2, 3].map(round);
  if (WANTED === 'all') return PROCESSES.map((_, number) => round(number));
  return WANTED.split(' ').map((deed) => {
    const [process, stage] = deed.split('@') as [Process, Stage];
    return [{ process, stage }];
  });
}

/**
 * A run in which one process after the other is killed, at each stage another one, and in each round at another stage: in as
 * many rounds as there are stages every process dies at every stage. Spark's driver is there at its steps alone.
 */
function round(number: number): Kill[] {
  return STAGES.flatMap((stage, index) => {
    const process = PROCESSES[(index + number) % PROCESSES.length] as Process;
    return process === 'driver' && !isStep(stage) ? [] : [{ process, stage }];
  });
}
