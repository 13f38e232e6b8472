import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, folderOf, isInstalled, versionOfFiles } from './cache.ts';
import { versionOf } from './command.ts';
import { postgresPrograms } from './postgres.ts';
import { findPython } from './python.ts';
import { versitygwVersion } from './versitygw.ts';

/** One line of a diagnosis: what was looked at, whether it is well, and when not, what to do. */
export type Finding = { what: string; well: boolean; found: string; remedy: string | null };

const NEEDED_GB = 4;

/** What is installed for the local stack and what is missing. Looks only; installs nothing. */
export async function inspectTools(): Promise<Finding[]> {
  const lock = (name: string) => join(import.meta.dirname, 'locks', `${name}.txt`);
  const python = await findPython().catch((error: Error) => error);
  const findings: Finding[] = [
    finding(
      'Node',
      Number(process.versions.node.split('.')[0]) >= 24,
      process.versions.node,
      'run "npm ci": it brings Node 24 for Linux',
    ),
    python instanceof Error
      ? finding('Python', false, 'none that fits', python.message)
      : finding('Python', true, `${python.version} (${python.path})`, null),
  ];
  const installed = (what: string, name: string, version: string, program = '') => {
    const there = isInstalled(name, version);
    findings.push(
      finding(
        what,
        there,
        there ? join(folderOf(name, version), program) : 'not installed yet',
        there ? null : '"podlake up" installs it',
      ),
    );
  };
  if (!(python instanceof Error))
    installed('Python packages', 'python', `${versionOfFiles(lock('python'))}-py${python.version}`);
  installed('Spark jars', 'jars', versionOfFiles(join(import.meta.dirname, 'jars.txt')));
  installed('versitygw (S3)', 'versitygw', versitygwVersion());
  const temporal = await versionOf('temporal', ['--version']);
  if (temporal && /version 1\.(9|\d\d)\./.test(temporal))
    findings.push(finding('temporal', true, temporal.split('\n')[0] ?? '', null));
  else installed('temporal', 'temporal', versionOfFiles(lock('temporal')), 'bin/temporal');
  const postgres = await postgresPrograms().then(
    () => finding('Postgres', true, 'in node_modules', null),
    (error: Error) => finding('Postgres', false, 'missing', error.message),
  );
  return [...findings, postgres, await freeDisk()];
}

async function freeDisk(): Promise<Finding> {
  const { bavail, bsize } = await statfs(dirname(cacheFolder())).catch(() => statfs('.'));
  const free = (bavail * bsize) / 1e9;
  return finding(
    'Free disk',
    free >= NEEDED_GB,
    `${free.toFixed(0)} GB`,
    `free ${NEEDED_GB} GB on the disk of ${cacheFolder()}`,
  );
}

function finding(what: string, well: boolean, found: string, remedy: string | null): Finding {
  return { what, well, found, remedy: well ? null : remedy };
}
