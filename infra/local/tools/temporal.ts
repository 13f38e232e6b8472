import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { versionOf } from './command.ts';
import { pythonPackageFolder } from './python.ts';
import type { Report } from './report.ts';

const PROGRAMS = ['bin/temporal', 'bin/temporal-test-server'];

/** The `temporal` CLI with its development server: from PATH when it is 1.9 or a later 1.x, else the pinned one. */
export async function temporalCli(report: Report): Promise<string> {
  const version = await versionOf('temporal', ['--version']);
  const minor = Number(/version 1\.(\d+)\./.exec(version ?? '')?.[1] ?? 0);
  if (minor >= 9) return 'temporal';
  return executable(join(await pythonPackageFolder('temporal', report, PROGRAMS), 'bin', 'temporal'));
}

/** The time-skipping test server; the tests alone use it. */
export async function temporalTestServer(report: Report): Promise<string> {
  return executable(join(await pythonPackageFolder('temporal', report, PROGRAMS), 'bin', 'temporal-test-server'));
}

async function executable(file: string): Promise<string> {
  await chmod(file, 0o755);
  return file;
}
