import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../tools/command.ts';
import { MachineProblem, type Report } from '../tools/index.ts';

const PROBE = `
import os, sys, tempfile
if not hasattr(os, "setxattr"): sys.exit(0)
with tempfile.NamedTemporaryFile(dir=sys.argv[1]) as probe:
    os.setxattr(probe.name, "user.podlake", b"probe")
`;

/**
 * Where S3 keeps the metadata of objects: null for extended attributes of their files, else a folder beside them, for a file
 * system that has none. What a stack began with it keeps, for the other place would not hold what was written before.
 */
export async function attributesFolder(python: string, folder: string, report: Report): Promise<string | null> {
  // Not "s3-...": versitygw takes any path that begins with its root's for one inside of it, and refuses.
  const sidecar = join(folder, 'attributes');
  if (existsSync(sidecar)) return sidecar;
  await mkdir(folder, { recursive: true });
  const probe = await run(python, ['-I', '-S', '-c', PROBE, folder]);
  if (probe.code === 0 || !/Errno (95|45)|not supported/i.test(probe.stderr)) return null;
  const objects = join(folder, 's3');
  if (existsSync(objects) && readdirSync(objects).length > 0) {
    throw new MachineProblem(
      `${folder} lies on a file system without extended attributes, although its S3 was written on one that has them: the objects' metadata are lost here. Move the folder back, or copy it with its attributes (such as "cp -a") to a disk that has them.`,
    );
  }
  await mkdir(sidecar);
  report(
    `the file system of ${folder} has no extended attributes: S3 keeps the metadata of objects in ${sidecar}, and will for as long as this stack exists`,
  );
  return sidecar;
}
