import { UnknownPlace } from '../catalog/lineage/places.ts';
import { CatalogueError } from '../catalog/problems.ts';
import { MachineProblem } from '../infra/local/tools/index.ts';
import { ConfigProblem } from '../workers/config.ts';
import { ScheduleProblem } from '../workers/schedule.ts';
import { AthenaProblem } from './athena-query.ts';
import { RunProblem } from './watch.ts';

const WHOLE_SENTENCES = [
  MachineProblem,
  ConfigProblem,
  CatalogueError,
  UnknownPlace,
  AthenaProblem,
  RunProblem,
  ScheduleProblem,
];

/** What a person reads when a command fails: problems that we know are whole sentences; of the rest PODLAKE_DEBUG=1 shows the trace. */
export function problemSentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env['PODLAKE_DEBUG']) return error.stack ?? error.message;
  if (WHOLE_SENTENCES.some((known) => error instanceof known)) return error.message;
  const silent = unreachable(error);
  if (silent)
    return `${silent} does not answer. "podlake doctor" says what runs and what to do; "podlake up" starts the stack on this machine.`;
  return `${error.message || error.name} (PODLAKE_DEBUG=1 shows where)`;
}

/** The address that refused or did not answer, however the client wraps it. */
function unreachable(error: Error): string | null {
  const all = [error, error.cause, ...(error instanceof AggregateError ? error.errors : [])];
  for (const one of all) {
    const { code, address, port } = (one ?? {}) as { code?: string; address?: string; port?: number };
    if (code === 'ECONNREFUSED') return port ? `${address ?? 'the service'}:${port}` : 'A service';
  }
  return /Failed to connect before the deadline/i.test(error.message) ? 'Temporal' : null;
}
