import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goBuild, type ModulePatch, versionOfBuild } from './go.ts';
import type { Report } from './report.ts';

const MODULE = join(import.meta.dirname, 'versitygw');
const VERSITYGW = 'github.com/versity/versitygw';
const LINK_DURABLY = 'link-durably.go.txt';
const SOURCES = ['go.sum', LINK_DURABLY];

export const versitygwVersion = () => versionOfBuild(MODULE, SOURCES);

/**
 * The S3 server: versitygw, built from the module that `versitygw/go.sum` pins (one to two minutes, once). As released it
 * acknowledges objects that only the system's memory holds, which a power cut loses; ours has them on disk before. That is
 * also why none that is installed already is taken.
 */
export function versitygw(report: Report): Promise<string> {
  const program = `${VERSITYGW}/cmd/versitygw`;
  return goBuild(
    { name: 'versitygw', what: 'the S3 server', module: MODULE, sources: SOURCES, program, patch: linkDurably() },
    report,
  );
}

/** Where an object gets its name: under Linux, and elsewhere. The function is put before its old self, which keeps the rest. */
function linkDurably(): ModulePatch {
  const replacement = readFileSync(join(MODULE, LINK_DURABLY), 'utf8').trimEnd();
  const found = replacement.split('\n')[0] ?? '';
  const files = ['with_otmpfile.go', 'without_otmpfile.go'].map((file) => `backend/posix/${file}`);
  return { of: VERSITYGW, patches: files.map((file) => ({ file, found, replacement })) };
}
