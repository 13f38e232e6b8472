import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerDeploymentOptions } from '@temporalio/worker';

/** The name under which the server knows the versions of this software. */
export const DEPLOYMENT_NAME = 'pod-bank-data-lake';

/** All that a worker executes or ships to EMR: a change of one byte of it is another version. */
const CODE = [
  ...['activities', 'catalog', 'control-db', 'workers', 'workflows'],
  ...['spark/main.py', 'spark/podlake_spark', 'package-lock.json'],
];
/** What running and reading leave in the folders of the code. */
const NOT_CODE = /(^|\/)__pycache__\/|\.md$/;

/**
 * Makes a worker one of a version. The default holds for workflows that began before there were versions, which the server
 * treats the same; of all others `workflows/versioning.ts` says how.
 */
export const deploymentOptions = (buildId: string): WorkerDeploymentOptions => ({
  version: { deploymentName: DEPLOYMENT_NAME, buildId },
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'AUTO_UPGRADE',
});

const ROOT = join(import.meta.dirname, '..');

/**
 * The version of the code in this clone, from its content alone: the same in every clone and container, whatever the time
 * and the machine. Twelve hexadecimal digits.
 */
export function buildIdOf(root: string = ROOT): string {
  const hash = createHash('sha256');
  for (const path of CODE.flatMap((part) => filesOf(root, part)).sort()) {
    const content = readFileSync(join(root, path));
    // With the lengths no two sets of files give the same bytes.
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Files below a folder, or the file itself, as paths with slashes from the root. */
function filesOf(root: string, part: string): string[] {
  if (/\.\w+$/.test(part)) return [part];
  return readdirSync(join(root, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !NOT_CODE.test(path));
}
