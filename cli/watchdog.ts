import { setTimeout } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { postgresPool } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { type Look, watchdogOf } from '../workers/watchdog.ts';

export const WATCHDOG_HELP = `
It needs Temporal and the control database, and no worker. Ends with 0 when all is well, else with 1.
  podlake watchdog --once          one look, for a person or a job
  podlake watchdog --every 5m      looks until it is stopped, and remembers what it told while the control database was away`;

/** `90s`, `5m` or `1h` in milliseconds. */
export function interval(text: string): number {
  const [, count, unit] = /^([1-9]\d*)(s|m|h)$/.exec(text) ?? [];
  if (!unit) throw new InvalidArgumentError('It is a time such as 30s, 5m or 1h.');
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}

export async function watch(options: { stack: string; every?: number; once?: boolean; json?: boolean }): Promise<void> {
  const config = readConfig(options.stack);
  const database = postgresPool(config, { connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  // It is told at the next query.
  database.on('error', () => undefined);
  const watchdog = watchdogOf(config, database);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort());
  try {
    for (let first = true; ; first = false) {
      const look = await watchdog.look();
      process.exitCode = look.open.length + look.problems.length > 0 ? 1 : 0;
      if (options.json) console.log(JSON.stringify({ at: new Date(), ...look }));
      else for (const line of lookLines(look, first)) console.log(line);
      if (options.every === undefined) return;
      await setTimeout(options.every, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
    }
  } finally {
    await database.end();
  }
}

/** All that goes on, or, of a look that follows another, what is new. */
function lookLines({ open, opened, problems }: Look, all: boolean): string[] {
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  const told = (all ? open : opened).flatMap(({ summary, message, command }) => [
    `${at} ! ${summary}`,
    `  ${message}`,
    `  next: ${command}`,
  ]);
  return [
    ...told,
    ...problems.map((problem) => `${at} ! ${problem}`),
    ...(all && open.length === 0 ? [`${at} all is well`] : []),
  ];
}
