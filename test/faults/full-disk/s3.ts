import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { choosePorts } from '../../../infra/local/stack/ports.ts';
import { ACCESS_KEY, REGION, SECRET_KEY, startS3 } from '../../../infra/local/stack/s3.ts';
import type { Keeper } from './play.ts';

const Bucket = 'disk';
const content = (number: number) => Buffer.alloc(200_000, `${number},`);

export async function s3(folder: string): Promise<Keeper> {
  const { s3: port } = await choosePorts(false);
  const client = new S3Client({
    region: REGION,
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  let bucket = false;
  return {
    start: async () => {
      const program = process.env['PODLAKE_VERSITYGW'] ?? 'versitygw';
      const part = await startS3({ program, folder, port, log: join(folder, 's3.log') });
      if (!bucket) await client.send(new CreateBucketCommand({ Bucket }));
      bucket = true;
      return part;
    },
    write: async (number) => {
      await client.send(new PutObjectCommand({ Bucket, Key: `item/${number}`, Body: content(number) }));
    },
    read: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'item/' }));
      const found: number[] = [];
      for (const { Key = '' } of Contents) {
        const number = Number(Key.split('/')[1]);
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        if (content(number).equals((await Body?.transformToByteArray()) ?? Buffer.of())) found.push(number);
      }
      return found;
    },
  };
}
