import { createWriteStream } from 'node:fs';
import { mkdir, rename, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline as pipelineOf, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { DeliveryFile } from './delivery.ts';

/** Where files go. `put` ends when the whole file is there; a file that fails half-way does not appear. */
export interface Sink {
  put(key: string, body: Readable): Promise<void>;
}

/** A bucket of S3, below `prefix` (which ends in a slash, or is empty). */
export function bucketSink(client: S3Client, bucket: string, prefix = ''): Sink {
  return {
    async put(key, body) {
      // Two parts of 8 MiB under way at a time: memory stays flat however large the file is.
      const params = { Bucket: bucket, Key: `${prefix}${key}`, Body: body };
      await new Upload({ client, params, queueSize: 2, partSize: 8 * 1024 * 1024 }).done();
    },
  };
}

/** A folder, made if it is not there. */
export function folderSink(folder: string): Sink {
  return {
    async put(key, body) {
      const path = join(folder, key);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(body, createWriteStream(`${path}.partial`));
      await rename(`${path}.partial`, path);
    },
  };
}

export interface Written {
  files: number;
  /** Records, headers left out. */
  rows: number;
  /** As stored: of gzip files, the compressed ones. */
  bytes: number;
}

/** Writes the files one after the other. `onFile` hears of each as soon as it is there. */
export async function writeDelivery(
  files: readonly DeliveryFile[],
  sink: Sink,
  onFile: (file: DeliveryFile, bytes: number) => void = () => {},
): Promise<Written> {
  const written: Written = { files: 0, rows: 0, bytes: 0 };
  for (const file of files) {
    let bytes = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        done(null, chunk);
      },
    });
    // The sink is told of what goes wrong in the file's own stream, by the end of this one.
    const counted = pipelineOf(file.open(), count, () => {});
    await sink.put(file.key, counted);
    written.files += 1;
    written.rows += file.rows;
    written.bytes += bytes;
    onFile(file, bytes);
  }
  return written;
}

/**
 * Dates files as having arrived at `arrival`. `folder` is a bucket's folder on the disk of the local S3, whose
 * LastModified is the file's own time; on AWS nobody can choose it.
 */
export async function dateFiles(folder: string, keys: readonly string[], arrival: Date): Promise<void> {
  for (const key of keys) await utimes(join(folder, key), arrival, arrival);
}
