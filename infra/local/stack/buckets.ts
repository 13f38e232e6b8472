import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';

export const BUCKET_PREFIX = 'podbank';
const BUCKETS = ['landing', 'transient', 'raw', 'trusted', 'refined', 'controle'];

/** Makes the lake's buckets on a local S3; those that are there stay as they are. */
export async function makeBuckets(endpoint: string): Promise<void> {
  const s3 = new S3Client({
    region: REGION,
    endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  for (const bucket of BUCKETS) {
    await s3.send(new CreateBucketCommand({ Bucket: `${BUCKET_PREFIX}-${bucket}` })).catch((error: Error) => {
      if (!/^BucketAlready/.test(error.name)) throw error;
    });
  }
  s3.destroy();
}
