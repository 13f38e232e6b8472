import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { log } from '@temporalio/activity';
import { checkHeader } from '../catalog/header.ts';
import { sourceForKey } from '../catalog/source-of-key.ts';
import * as files from '../control-db/queries/files.ts';
import { firstHeld } from '../control-db/queries/held.ts';
import { slotOf } from '../workflows/slot.ts';
import type { DeliverySummary, LakeActivities, RunContext } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { copyWhole } from './copy.ts';
import { fenced } from './failures.ts';
import { readHeader } from './header.ts';
import { heartbeat } from './heartbeat.ts';
import { bucket, splitUri } from './places.ts';

const HEADER_BYTES = 1 << 20;

const DOCUMENT =
  'The name ends neither in .csv nor in .csv.gz: kept as it is, not read. If it holds rows, ask the source to send them as CSV.';

/**
 * Landing: finds the files that belong to the run, checks their headers and moves them to transient.
 *
 * It may die after each call and be repeated: a claim is a row of the ledger written once a file; what was claimed and not
 * yet copied is looked at again; a copy overwrites itself; only a copy that was verified is recorded; only what is recorded
 * is deleted from landing, and what was recorded but not deleted is deleted by the repetition.
 */
export function landingActivities(lake: Lake): Pick<LakeActivities, 'detectDelivery'> {
  const landing = bucket(lake.settings.bucketPrefix, 'landing');
  return {
    async detectDelivery({ context, arrivedBy }) {
      await fenced(files.reclaimGivenBack(lake.database, context.run));
      for await (const seen of arrivals(lake.s3, landing, new Date(arrivedBy))) {
        await fenced(files.claimFile(lake.database, context.run, seen));
        heartbeat({ claimed: seen.landingKey });
      }
      for (const file of await files.filesOfRun(lake.database, context.run)) {
        if (file.outcome === 'claimed') await decide(lake, landing, context, file);
        heartbeat({ decided: file.landingKey });
      }
      for (const file of await files.filesOfRun(lake.database, context.run)) {
        if (file.removedAt !== null || file.transientUri === null) continue;
        await removeFromLanding(lake.s3, landing, file);
        await files.fileRemoved(lake.database, file.file);
        heartbeat({ removed: file.landingKey });
      }
      return summary(await files.filesOfRun(lake.database, context.run));
    },
  };
}

/** What lies in landing and arrived (S3's LastModified) at or before the instant, page by page. */
async function* arrivals(s3: S3Client, landing: string, arrivedBy: Date): AsyncGenerator<files.SeenFile> {
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: landing, ContinuationToken }));
    for (const { Key, LastModified, ETag, Size } of page.Contents ?? []) {
      if (!Key || !LastModified || !ETag || Key.endsWith('/') || LastModified > arrivedBy) continue;
      yield {
        landingKey: Key,
        identity: `${ETag} ${LastModified.toISOString()}`,
        arrivedAt: LastModified,
        bytes: Size ?? 0,
        etag: ETag,
      };
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
}

async function decide(lake: Lake, landing: string, context: RunContext, file: files.FileRow): Promise<void> {
  const place = (folder: string) =>
    `s3://${bucket(lake.settings.bucketPrefix, 'transient')}/${folder}/slot=${context.slot}/${file.file}-${baseName(file.landingKey)}`;
  const setAside = async (outcome: 'refused' | 'document', reason: string, sourceTable: string | null) => {
    const transientUri = place(outcome === 'refused' ? '_recusados' : '_documentos');
    if (!(await copy(lake, landing, file, transientUri))) return;
    await files.setAside(lake.database, file.file, outcome, { reason, sourceTable, transientUri });
  };

  if (!/\.csv(\.gz)?$/i.test(file.landingKey)) {
    return setAside('document', DOCUMENT, null);
  }
  const table = sourceForKey(lake.catalogue, file.landingKey);
  const source = table === null ? undefined : lake.catalogue.sources[table];
  if (table === null || !source) {
    const known = Object.keys(lake.catalogue.sources).join(', ');
    const reason = `Neither its name nor its folder begins with a known table. Known are: ${known}.`;
    return setAside('refused', `${reason} Ask the source to send it again under its table's name.`, null);
  }
  const compression = /\.gz$/i.test(file.landingKey) ? 'gzip' : 'none';
  const start = await readStart(lake.s3, landing, file);
  if (start === null) return replaced(lake, file);
  const header = await readHeader(start, compression, start.length === file.bytes);
  if ('fault' in header) return setAside('refused', header.fault, table);
  const verdict = checkHeader(source, header.columns);
  if (!verdict.accepted) return setAside('refused', verdict.reason, table);
  const transientUri = place(table);
  if (!(await copy(lake, landing, file, transientUri))) return;
  const { columns } = verdict;
  const notes = [...verdict.notes];
  if (header.headerOnly) notes.push('The file has a header and no rows. Ask the source whether that was meant.');
  for (const { landingKey, slot } of await files.sameContent(lake.database, file)) {
    notes.push(`The same content as ${landingKey} of slot ${slotOf(slot)}: its rows count as superseded or unchanged.`);
  }
  const found = { sourceTable: table, transientUri, columns, compression, notes } as const;
  const held = waits(lake, table) ? await firstHeld(lake.database, table, context.run) : null;
  if (held !== null) {
    const reason = `It waits for the delivery of slot ${slotOf(held)} of ${table}, which is held: on_held_delivery is wait.`;
    return files.holdBehind(lake.database, file.file, { ...found, reason });
  }
  await files.acceptFile(lake.database, file.file, found);
}

/** Whether later deliveries of the source table wait while one of it is held. */
const waits = (lake: Lake, source: string) =>
  Object.values(lake.catalogue.trusted).some((one) => one.source === source && one.onHeldDelivery === 'wait');

/** The file's first bytes, under the condition that it is still the one that was claimed; null when it is not. */
async function readStart(s3: S3Client, landing: string, file: files.FileRow): Promise<Buffer | null> {
  if (file.bytes === 0) return Buffer.alloc(0);
  try {
    const { Body } = await s3.send(
      new GetObjectCommand({
        Bucket: landing,
        Key: file.landingKey,
        Range: `bytes=0-${HEADER_BYTES - 1}`,
        IfMatch: file.etag,
      }),
    );
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Whether the copy was made; a file that was replaced or taken away meanwhile is set aside with that reason. */
async function copy(lake: Lake, landing: string, file: files.FileRow, transientUri: string): Promise<boolean> {
  try {
    await copyWhole(lake.s3, { Bucket: landing, Key: file.landingKey }, splitUri(transientUri), file, () =>
      heartbeat({ copying: file.landingKey }),
    );
    return true;
  } catch (error) {
    if (!isGone(error)) throw error;
    await replaced(lake, file);
    return false;
  }
}

async function replaced(lake: Lake, file: files.FileRow): Promise<void> {
  const reason = 'The file was replaced or taken away while the run read it. A replacement is taken by the next slot.';
  log.warn(reason, { key: file.landingKey });
  await files.setAside(lake.database, file.file, 'refused', { reason, sourceTable: null, transientUri: null });
}

async function removeFromLanding(s3: S3Client, landing: string, file: files.FileRow): Promise<void> {
  try {
    const { ETag, LastModified } = await s3.send(new HeadObjectCommand({ Bucket: landing, Key: file.landingKey }));
    if (ETag !== file.etag || seconds(LastModified) !== seconds(file.arrivedAt)) return;
    await s3.send(new DeleteObjectCommand({ Bucket: landing, Key: file.landingKey, IfMatch: file.etag }));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** HEAD tells the time in whole seconds, a listing perhaps finer. */
const seconds = (time: Date | undefined) => Math.floor((time?.getTime() ?? 0) / 1000);

function isGone(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return name === 'PreconditionFailed' || $metadata?.httpStatusCode === 412 || $metadata?.httpStatusCode === 404;
}

/** A name that every part takes as it is, whatever the source called the file. */
function baseName(key: string): string {
  const name = key.split('/').at(-1) ?? key;
  return name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .slice(-120);
}

function summary(rows: files.FileRow[]): DeliverySummary {
  const of = (outcome: files.FileRow['outcome']) => rows.filter((row) => row.outcome === outcome);
  const accepted = of('accepted');
  return {
    files: rows.length,
    accepted: accepted.length,
    refused: of('refused').length,
    documents: of('document').length,
    bytes: accepted.reduce((sum, row) => sum + row.bytes, 0),
    tables: [...new Set(accepted.map((row) => row.sourceTable ?? ''))].sort(),
  };
}
