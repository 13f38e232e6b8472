import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

type Place = { Bucket: string; Key: string };

/** S3 copies up to 5 GB at once; beyond it part by part. */
const WHOLE_COPY_LIMIT = 5 * 1024 ** 3;
const PART = 1024 ** 3;

/**
 * Copies an object inside S3 under the condition that it still has the ETag that was seen, and verifies the size of the copy.
 * S3 compares the checksums of each part itself. @throws what S3 answers; PreconditionFailed when the object was replaced.
 */
export async function copyWhole(
  s3: S3Client,
  from: Place,
  to: Place,
  seen: { bytes: number; etag: string },
  alive: () => void,
): Promise<void> {
  if (seen.bytes > WHOLE_COPY_LIMIT) await copyInParts(s3, from, to, seen, alive);
  else await s3.send(new CopyObjectCommand({ ...to, CopySource: source(from), CopySourceIfMatch: seen.etag }));
  const { ContentLength } = await s3.send(new HeadObjectCommand(to));
  if (ContentLength === seen.bytes) return;
  throw new Error(`the copy of s3://${from.Bucket}/${from.Key} has ${ContentLength} bytes instead of ${seen.bytes}`);
}

async function copyInParts(
  s3: S3Client,
  from: Place,
  to: Place,
  seen: { bytes: number; etag: string },
  alive: () => void,
): Promise<void> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(to));
  try {
    const Parts: { ETag?: string; PartNumber: number }[] = [];
    for (let start = 0; start < seen.bytes; start += PART) {
      const PartNumber = Parts.length + 1;
      const CopySourceRange = `bytes=${start}-${Math.min(start + PART, seen.bytes) - 1}`;
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...to,
          UploadId,
          PartNumber,
          CopySource: source(from),
          CopySourceRange,
          CopySourceIfMatch: seen.etag,
        }),
      );
      Parts.push({ ETag: CopyPartResult?.ETag, PartNumber });
      alive();
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await s3.send(new AbortMultipartUploadCommand({ ...to, UploadId }));
    throw error;
  }
}

const source = ({ Bucket, Key }: Place) => `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
