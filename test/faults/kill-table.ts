// The table of `docs/reliability.md`: what was killed, at which stage, and how long the stage took in spite of it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROCESSES, type Process } from './processes.ts';
import { isStep, STAGES, type Stage } from './stages.ts';

const FILE = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');
const BEGIN = '<!-- kill table: written by "npm run test:kill" -->';
const END = '<!-- end of the kill table -->';

const seconds = new Map<string, number>();
const cell = (process: Process | 'nothing', stage: Stage) => `${process} ${stage}`;

/** Notes a run that survived: how long each stage took, from being reached to the next one, the kill and a new `up` included. */
export function note(kills: { process: Process; stage: Stage }[], times: Map<Stage | 'end', number>): void {
  for (const [index, stage] of STAGES.entries()) {
    const victim = kills.find((one) => one.stage === stage)?.process;
    if (!victim && kills.length > 0) continue;
    const [from = 0, to = 0] = [times.get(stage), times.get(STAGES[index + 1] ?? 'end')];
    seconds.set(cell(victim ?? 'nothing', stage), (to - from) / 1000);
  }
}

export async function writeTable(): Promise<void> {
  const row = (process: Process | 'nothing') => {
    const cells = STAGES.map((stage) => {
      if (process === 'driver' && !isStep(stage)) return '–';
      const took = seconds.get(cell(process, stage));
      if (took === undefined) throw new Error(`no run survived in which ${process} was killed at ${stage}`);
      return took.toFixed(0);
    });
    return `| ${[process, ...cells].join(' | ')} |`;
  };
  const table = [
    `| killed | ${STAGES.join(' | ')} |`,
    `| --- |${STAGES.map(() => ' ---: |').join('')}`,
    ...(['nothing', ...PROCESSES] as const).map(row),
  ];
  const text = await readFile(FILE, 'utf8');
  const [before, after] = [text.split(BEGIN)[0], text.split(END)[1]];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no place for the table`);
  await writeFile(FILE, `${before}${BEGIN}\n\n${table.join('\n')}\n\n${END}${after}`);
}
