import type { Stack } from './stack.ts';

const QUESTIONS = [
  'SELECT cast(slot AS varchar), publicacao FROM controle.publicacao_atual',
  'SELECT * FROM refined.taxa_inadimplencia ORDER BY ts_referencia',
  'SELECT count(*), sum(amt_credit_sum) FROM trusted.bureau',
  'SELECT count(*), sum(amt_credit) FROM trusted.application_test',
];

export type Readings<Result> = { result: Result; answers: string[]; whileWritten: number };

/**
 * Asks the same questions through Athena from before `work` until after its end, as an analyst does who knows nothing of
 * runs. `answers` are the different ones that were given, `whileWritten` how many readings began when the slot's trusted
 * tables were written already and its run was still open.
 */
export async function readWhile<Result>(
  stack: Stack,
  slot: Date,
  work: () => Promise<Result>,
): Promise<Readings<Result>> {
  const answers = new Set([await answer(stack)]);
  let whileWritten = 0;
  let ended = false;
  const working = work().finally(() => {
    ended = true;
  });
  while (!ended) {
    const written = await isWritten(stack, slot);
    answers.add(await answer(stack));
    if (written) whileWritten += 1;
    // A person pauses too, and the run wants the machine.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const result = await working;
  answers.add(await answer(stack));
  return { result, answers: [...answers], whileWritten };
}

async function answer(stack: Stack): Promise<string> {
  const answers = [];
  for (const question of QUESTIONS) answers.push(await stack.athena(question));
  return JSON.stringify(answers);
}

async function isWritten(stack: Stack, slot: Date): Promise<boolean> {
  const layers = await stack.control(
    `select 1 from layer_load join run using (run) where slot = $1 and layer = 'trusted' and state = 'open'`,
    slot,
  );
  return layers.length > 0;
}
