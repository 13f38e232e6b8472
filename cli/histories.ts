import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { InvalidArgumentError } from 'commander';
import { temporalClient } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { type RecordedHistory, readHistories } from '../workers/histories.ts';
import { pullHistories, type WorkflowType } from '../workers/pull-histories.ts';
import { failureSentence, replayFailures } from '../workers/replay.ts';
import { RunProblem } from './watch.ts';

export const PULLED = 'pulled-histories';

export const HISTORIES_HELP = `
Before a deployment, in the clone that is to be deployed, with PODLAKE_CONFIG naming the production configuration:
  podlake histories pull --since 7d
  podlake histories replay
A history holds what went in and out of workflows and activities: slots, keys and names of files, tables, figures. They
hold no rows, but a failed audit and "podlake rebuild" name keys of rows as examples, and the message of a failed Spark step
may quote a value. Keep the folder where such data may be, and out of the repository (.gitignore names it).`;

const UNITS = { m: 60, h: 3600, d: 86_400, w: 7 * 86_400 };

/** `90m`, `12h`, `7d`, `2w` → milliseconds. @throws InvalidArgumentError that says how a duration looks. */
export function duration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? [];
  if (!count) throw new InvalidArgumentError('A duration looks like 90m, 12h, 7d or 2w.');
  return Number(count) * UNITS[unit as keyof typeof UNITS] * 1000;
}

/** @throws InvalidArgumentError when it is not a whole number from 1. */
export function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

type PullOptions = {
  stack: string;
  since: number;
  type?: WorkflowType;
  limit: number;
  output: string;
  json?: boolean;
};

export async function pull({ stack, since, type, limit, output, json }: PullOptions): Promise<void> {
  const client = await temporalClient(readConfig(stack));
  try {
    const wanted = { since: new Date(Date.now() - since), limit, ...(type ? { type } : {}) };
    const pulled = await pullHistories(client, output, wanted, ({ name, status, events }) =>
      console.error(`  ${name}: ${status.toLowerCase()}, ${events} events`),
    );
    if (json) return console.log(JSON.stringify({ folder: output, histories: pulled }, null, 2));
    if (pulled.length === 0) return console.log('No workflow of the lake runs, and none was closed since then.');
    const more = pulled.length === limit ? ` There may be more: --limit ${limit * 10}.` : '';
    console.log(`${pulled.length} histories are in ${output}.${more} Next: podlake histories replay ${output}`);
  } finally {
    await client.connection.close();
  }
}

/** Ends with 1 when a history does not replay with the workflows of this clone. */
export async function replay(folder: string, { json }: { json?: boolean }): Promise<void> {
  const histories = await given(folder);
  // What a replay finds is told by us; the core would tell it as well, at length.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
  const bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const failures = await replayFailures(bundle, histories);
  if (failures.length > 0) process.exitCode = 1;
  if (json) return console.log(JSON.stringify({ folder, replayed: histories.length, failures }, null, 2));
  for (const failure of failures) console.log(failureSentence(failure));
  console.log(
    failures.length === 0
      ? `All ${histories.length} histories of ${folder} replay with the workflows of this clone.`
      : `${failures.length} of ${histories.length} histories do not replay: do not deploy this clone. ` +
          'docs/operations.md, "Changing workflow code", says how code is changed so that running workflows keep theirs.',
  );
}

async function given(folder: string): Promise<RecordedHistory[]> {
  const histories = await readHistories(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (histories.length > 0) return histories;
  throw new RunProblem(`There is no history in ${folder}. "podlake histories pull --output ${folder}" fetches them.`);
}
