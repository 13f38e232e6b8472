import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where versitygw writes an object, or a part of one, before it is whole; one folder in each bucket. */
const UNFINISHED = '.sgwtmp';
/** The name under which it links a whole object just before it renames it over an older one. */
const BEFORE_RENAME = /^\..+\.sgwtmp\.\d{15,}$/;

/**
 * Removes what a killed S3 left of objects that were being written, and uploads in parts that nobody is left to complete.
 * Only for when neither S3 nor anyone who writes to it runs. Returns how many there were.
 */
export async function clearUnfinishedObjects(folder: string, sidecar: string | null): Promise<number> {
  let cleared = 0;
  for (const root of [join(folder, 's3'), ...(sidecar ? [sidecar] : [])]) {
    for (const bucket of await readdir(root).catch(() => [])) {
      const unfinished = join(root, bucket, UNFINISHED);
      const files = await readdir(unfinished, { recursive: true, withFileTypes: true }).catch(() => []);
      cleared += files.filter((entry) => entry.isFile()).length;
      await rm(unfinished, { recursive: true, force: true });
      const objects = await readdir(join(root, bucket), { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of objects.filter(({ name }) => BEFORE_RENAME.test(name))) {
        await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
        cleared += 1;
      }
    }
  }
  return cleared;
}
