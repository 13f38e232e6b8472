import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A row as JSON has it: decimals and times are text. */
export type Row = Record<string, unknown>;

export type SparkSession = {
  /** Does one step of a run. @throws with the step's own sentence when it fails */
  step: (layer: string, manifest: string) => Promise<void>;
  /** The published rows of each table, by its name in the lake (`trusted.bureau`); none where there is no table yet. */
  rows: (tables: string[]) => Promise<Record<string, Row[]>>;
  /** Drops every table. */
  forget: () => Promise<void>;
  stop: () => Promise<void>;
};

/** One Spark session for all sequences: to start one costs more than to play a slot. What it logs goes into a file. */
export async function startSpark(defaults: Record<string, string>, log: string): Promise<SparkSession> {
  const python = process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? 'python3';
  const child = spawn(python, [join(import.meta.dirname, 'spark_session.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stderr.pipe(createWriteStream(log));
  const ask = asking(child, log);
  await ask(defaults);
  return {
    async step(layer, manifest) {
      const { failure } = (await ask({ layer, manifest })) as { failure: string | null };
      if (failure !== null) throw new Error(`step ${layer}: ${failure}`);
    },
    rows: async (tables) => (await ask({ tables })) as Record<string, Row[]>,
    async forget() {
      await ask({ forget: true });
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

/** Requests are answered in order, one line each. */
function asking(child: ChildProcess, log: string): (request: unknown) => Promise<unknown> {
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  if (!child.stdin || !child.stdout) throw new Error('the Spark session has no pipes');
  const { stdin, stdout } = child;
  createInterface({ input: stdout }).on('line', (line) => {
    if (line.startsWith('answer ')) waiting.shift()?.resolve(JSON.parse(line.slice('answer '.length)));
  });
  let ended: Error | null = null;
  child.once('close', (code) => {
    ended = new Error(`the Spark session ended with ${code}; see ${log}`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  });
  return (request) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      waiting.push({ resolve, reject });
      stdin.write(`${JSON.stringify(request)}\n`);
    });
}
