import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { RunContext, StepName } from '../workflows/types.ts';

export type Bucket = 'landing' | 'transient' | 'raw' | 'trusted' | 'refined' | 'controle';
export const bucket = (prefix: string, name: Bucket) => `${prefix}-${name}`;

/** The folder in `controle` where a step finds its manifest and leaves its metrics and progress. */
export function stepFolder(prefix: string, context: RunContext, step: StepName): string {
  return `s3://${bucket(prefix, 'controle')}/runs/slot=${context.slot}/attempt=${context.attempt}/${step}`;
}

/** The folder of one step of a backfill, which plays many slots. */
export const backfillFolder = (prefix: string, backfill: number, step: string) =>
  `s3://${bucket(prefix, 'controle')}/backfill/${backfill}/${step}`;

/** Where the Spark jobs keep the Iceberg tables of each database. */
export const tableLocations = (prefix: string) => ({
  trusted: `s3://${bucket(prefix, 'trusted')}`,
  refined: `s3://${bucket(prefix, 'refined')}`,
  controle: `s3://${bucket(prefix, 'controle')}`,
});

/** The one small object that the views of refined read: which publication consumers see. */
export const publicationPointer = (prefix: string) => `s3://${bucket(prefix, 'controle')}/publicacao_atual/atual.json`;

export function splitUri(uri: string): { Bucket: string; Key: string } {
  const parts = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
  if (!parts?.[1] || !parts[2]) throw new RangeError(`"${uri}" is not an S3 address`);
  return { Bucket: parts[1], Key: parts[2] };
}

export async function putJson(s3: S3Client, uri: string, value: unknown): Promise<void> {
  await s3.send(
    new PutObjectCommand({ ...splitUri(uri), Body: JSON.stringify(value), ContentType: 'application/json' }),
  );
}

/** The parsed object, or null when there is none. */
export async function getJson<T>(s3: S3Client, uri: string): Promise<T | null> {
  try {
    const { Body } = await s3.send(new GetObjectCommand(splitUri(uri)));
    return JSON.parse((await Body?.transformToString()) ?? 'null') as T;
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return null;
    throw error;
  }
}
