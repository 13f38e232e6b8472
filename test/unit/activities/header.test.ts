import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readHeader } from '../../../activities/header.ts';

const COLUMNS = ['SK_ID_CURR', 'AMT_CREDIT'];
const plain = (bytes: Buffer | string, complete = true) => readHeader(Buffer.from(bytes), 'none', complete);
const faultOf = async (header: ReturnType<typeof readHeader>) => {
  const found = await header;
  return 'fault' in found ? found.fault : expect.fail(`the header was taken: ${found.columns}`);
};

describe('the header of a file', () => {
  test.each([
    ['up to the first line end', 'SK_ID_CURR,AMT_CREDIT\n1,2\n'],
    ['with CRLF', 'SK_ID_CURR,AMT_CREDIT\r\n1,2\r\n'],
    ['with the line ends of old Macs', 'SK_ID_CURR,AMT_CREDIT\r1,2\r'],
    ['behind a byte-order mark', '\ufeffSK_ID_CURR,AMT_CREDIT\n1,2\n'],
    ['with quoted names', '"SK_ID_CURR","AMT_CREDIT"\n1,2\n'],
    ['of a file that is a header and no more', 'SK_ID_CURR,AMT_CREDIT'],
  ])('is read %s', async (_how, text) => {
    expect(await plain(text)).toMatchObject({ columns: COLUMNS });
  });

  test('is one record also where a quoted name holds a line end, a comma and a quote', async () => {
    expect(await plain('"A\nB","C, ""D"""\n1,2\n')).toMatchObject({ columns: ['A\nB', 'C, "D"'] });
  });

  test('is read with letters outside ASCII', async () => {
    expect(await plain('Contração,Código\n')).toMatchObject({ columns: ['Contração', 'Código'] });
  });

  test('is read out of the first bytes of a file that goes on, cut in the middle of a letter', async () => {
    const start = Buffer.concat([Buffer.from('SK_ID_CURR,AMT_CREDIT\nS'), Buffer.from('ã').subarray(0, 1)]);
    expect(await plain(start, false)).toMatchObject({ columns: COLUMNS });
  });
});

describe('the header of a gzip file', () => {
  const text = `${COLUMNS.join(',')}\n${Array.from({ length: 5_000 }, (_, index) => `${index},${index * 7}`).join('\n')}\n`;
  const zipped = gzipSync(text);

  test('is read', async () => {
    expect(await readHeader(zipped, 'gzip', true)).toMatchObject({ columns: COLUMNS });
  });

  test('is read out of the first bytes of a file that goes on', async () => {
    const start = zipped.subarray(0, Math.floor(zipped.length / 2));
    expect(await readHeader(start, 'gzip', false)).toMatchObject({ columns: COLUMNS });
  });

  test('is none if the content is not gzip', async () => {
    expect(await faultOf(readHeader(Buffer.from(text), 'gzip', true))).toContain('not gzip');
  });

  test('is none if there is no text in it', async () => {
    expect(await faultOf(readHeader(gzipSync(''), 'gzip', true))).toContain('empty');
  });
});

describe('a file is refused', () => {
  test.each([
    ['that is empty', Buffer.alloc(0), 'empty'],
    ['in UTF-16, little end first', Buffer.from('\ufeffSK_ID_CURR\n', 'utf16le'), 'UTF-16'],
    ['in UTF-16, big end first', Buffer.from('\ufeffSK_ID_CURR\n', 'utf16le').swap16(), 'UTF-16'],
    ['in UTF-16 without a mark', Buffer.from('SK_ID_CURR\n', 'utf16le'), 'NUL'],
    ['that is binary', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 10]), 'NUL'],
    ['with a header in Latin-1', Buffer.from('Contração,Código\n', 'latin1'), 'UTF-8'],
    ['of empty lines', Buffer.from('\n\n'), 'no header line'],
    ['of a byte-order mark alone', Buffer.from('\ufeff'), 'no header line'],
    ['with a quote that goes on behind its end', Buffer.from('SK_ID_CURR,"AMT"X\n1,2\n'), 'not CSV'],
    ['with a quote that never ends', Buffer.from('SK_ID_CURR,"AMT\n1,2\n'), 'not CSV'],
  ])('%s', async (_what, bytes, word) => {
    const fault = await faultOf(readHeader(bytes, 'none', true));
    expect(fault).toContain(word);
  });

  test('without a line end in the bytes that were read, if there are more', async () => {
    expect(await faultOf(plain('SK_ID_CURR,'.repeat(1000), false))).toContain('longer than 1 MiB');
  });
});
