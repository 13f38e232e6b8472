import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { zipSync } from 'fflate';
import type { Artifacts } from '../activities/context.ts';
import type { CompiledCatalogue } from '../catalog/types.ts';

const SPARK = join(import.meta.dirname, '..', 'spark');
const PACKAGE = 'podlake_spark';
/** Zip files hold times; one for all makes the same content the same bytes. */
const EPOCH = new Date('2000-01-01T00:00:00Z');

/**
 * Puts the Spark jobs and the compiled catalogue under `artifacts/<content hash>/`, where EMR finds them, unless they are
 * there already. A manifest names them, so that a step runs what its worker's code means.
 */
export async function shipArtifacts(s3: S3Client, bucket: string, catalogue: CompiledCatalogue): Promise<Artifacts> {
  const main = readFileSync(join(SPARK, 'main.py'));
  const jobs = zipSync(
    Object.fromEntries(pythonFiles(join(SPARK, PACKAGE)).map((file) => [relative(SPARK, file), readFileSync(file)])),
    {
      mtime: EPOCH,
    },
  );
  const compiled = Buffer.from(JSON.stringify(catalogue));
  const hash = createHash('sha256').update(main).update(jobs).update(compiled).digest('hex').slice(0, 16);
  const folder = `artifacts/${hash}`;
  for (const [name, body] of [
    ['main.py', main],
    [`${PACKAGE}.zip`, jobs],
    ['catalogue.json', compiled],
  ] as const) {
    await putIfAbsent(s3, { Bucket: bucket, Key: `${folder}/${name}` }, body);
  }
  const uri = (name: string) => `s3://${bucket}/${folder}/${name}`;
  return { hash, main: uri('main.py'), jobs: uri(`${PACKAGE}.zip`), catalogue: uri('catalogue.json') };
}

function pythonFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py'))
    .sort()
    .map((name) => join(folder, name));
}

async function putIfAbsent(s3: S3Client, place: { Bucket: string; Key: string }, body: Uint8Array): Promise<void> {
  try {
    await s3.send(new HeadObjectCommand(place));
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 404) throw error;
    await s3.send(new PutObjectCommand({ ...place, Body: body }));
  }
}
