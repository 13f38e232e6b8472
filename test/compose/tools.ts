import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { goBuild } from '../../infra/local/tools/go.ts';
import { pythonPackageFolder } from '../../infra/local/tools/python.ts';

const quiet = () => undefined;

/** Docker Compose's own parser, compose-go, in a program of ours that prints what it read (built once, half a minute). */
export function composeParser(): Promise<string> {
  const module = {
    module: join(import.meta.dirname, 'parser'),
    sources: ['main.go', 'go.mod', 'go.sum'],
    program: '.',
  };
  return goBuild({ name: 'compose-parser', what: 'the parser of Docker Compose', ...module }, quiet);
}

/** The linter of Dockerfiles, as a Python package brings it. */
export async function hadolint(): Promise<string> {
  const program = join(await pythonPackageFolder('hadolint', quiet), 'bin', 'hadolint');
  await chmod(program, 0o755);
  return program;
}
