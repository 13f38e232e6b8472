import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';

/** `headerOnly`: nothing but blank lines follows, as far as the bytes show. */
export type Header = { columns: string[]; headerOnly: boolean } | { fault: string };

/**
 * The header of a CSV file, from the first bytes of it (gzip or not). What later bytes hide is the raw step's to find.
 */
export async function readHeader(start: Buffer, compression: 'none' | 'gzip', complete: boolean): Promise<Header> {
  const bytes = compression === 'gzip' ? await gunzipStart(start) : start;
  if (bytes === null)
    return {
      fault: 'The name ends in .gz but the content is not gzip. Ask the source to compress it or to name it .csv.',
    };
  if (bytes.length === 0) return { fault: 'The file is empty (0 bytes of text). Ask the source to send it again.' };
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { fault: 'The file is UTF-16. Ask the source for UTF-8.' };
  }
  if (bytes.includes(0))
    return { fault: 'The file is binary, not text (it holds NUL bytes). Ask the source for a CSV file.' };
  const line = firstRecord(bytes);
  if (line === null && !complete)
    return { fault: 'The header is longer than 1 MiB. Check that the file has line ends.' };
  const text = decode(line ?? bytes);
  if (text === null) return { fault: 'The header is not UTF-8 (perhaps Latin-1). Ask the source for UTF-8.' };
  const headerOnly =
    complete &&
    bytes
      .subarray(line?.length ?? bytes.length)
      .toString('latin1')
      .trim() === '';
  return columnsOf(text, headerOnly);
}

function columnsOf(text: string, headerOnly: boolean): Header {
  try {
    const [columns = []] = parse(text, { bom: true, to: 1, relaxColumnCount: true }) as string[][];
    if (columns.some((name) => name !== '')) return { columns, headerOnly };
    return { fault: 'The file has no header line. Ask the source to send it again.' };
  } catch (error) {
    return { fault: `The header is not CSV: ${(error as Error).message}. Ask the source to quote names rightly.` };
  }
}

/** The bytes up to the first line end outside quotes; null when there is none. */
function firstRecord(bytes: Buffer): Buffer | null {
  let quoted = false;
  for (const [index, byte] of bytes.entries()) {
    if (byte === 0x22) quoted = !quoted;
    else if (!quoted && (byte === 0x0a || byte === 0x0d) && index > 0) return bytes.subarray(0, index);
  }
  return null;
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** What the first bytes of a gzip file unpack to; the file goes on behind them, so that a cut end is no fault here. */
function gunzipStart(start: Buffer): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const gunzip = createGunzip();
    gunzip.on('data', (chunk: Buffer) => chunks.push(chunk));
    gunzip.once('end', () => resolve(Buffer.concat(chunks)));
    gunzip.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'Z_BUF_ERROR' || chunks.length > 0 ? Buffer.concat(chunks) : null),
    );
    gunzip.end(start);
  });
}
