import { readFileSync } from 'node:fs';
import { MachineProblem } from '../infra/local/tools/index.ts';
import { parseConfig } from '../workers/config.ts';

/** `up`, `down` and `demo` are for one machine: with a configuration that has no endpoints of its own they would touch AWS. */
export function refuseAws(command: string): void {
  const file = process.env['PODLAKE_CONFIG'];
  if (!file) return;
  if (parseConfig(readFileSync(file, 'utf8'), file).endpoints) return;
  throw new MachineProblem(
    `"podlake ${command}" is for a stack on this machine, and PODLAKE_CONFIG (${file}) is for AWS. Unset PODLAKE_CONFIG first.`,
  );
}
