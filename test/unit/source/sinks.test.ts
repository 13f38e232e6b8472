import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planDelivery } from '../../../infra/local/source/delivery.ts';
import { bucketSink, dateFiles, folderSink, writeDelivery } from '../../../infra/local/source/sinks.ts';
import { bytesOf } from './read-delivery.ts';

const files = planDelivery({ slotNumber: 0, scale: 0.0002, seed: 7 });

describe('a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'source-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('gets every file below its key, and the sums of what was written come back', async () => {
    const heard: string[] = [];
    const written = await writeDelivery(files, folderSink(folder), (file) => heard.push(file.key));
    let bytes = 0;
    for (const { key } of files) bytes += (await stat(join(folder, key))).size;
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    expect(written).toEqual({ files: files.length, rows, bytes });
    expect(heard).toEqual(files.map((file) => file.key));
  });

  test('never shows a file that failed half-way', async () => {
    async function* broken() {
      yield 'SK_ID_CURR\n1';
      throw new Error('the disk of the bank is gone');
    }
    await expect(folderSink(folder).put('bureau/1.csv', Readable.from(broken()))).rejects.toThrow('is gone');
    expect(await readdir(join(folder, 'bureau'))).not.toContain('1.csv');
  });

  test('can be dated, as if the files had arrived at an instant', async () => {
    const arrival = new Date('2026-01-05T08:59:00Z');
    await writeDelivery(files.slice(0, 2), folderSink(folder));
    const keys = files.slice(0, 2).map((file) => file.key);
    await dateFiles(folder, keys, arrival);
    for (const key of keys) expect((await stat(join(folder, key))).mtime).toEqual(arrival);
  });

  test('holds the very bytes that the file opens to', async () => {
    const plain = files.filter((file) => file.compression === 'none').slice(0, 3);
    await writeDelivery(plain, folderSink(folder));
    for (const file of plain) expect((await readFile(join(folder, file.key))).equals(await bytesOf(file))).toBe(true);
  });
});

describe('a bucket', () => {
  let server: Server;
  const objects = new Map<string, Buffer>();
  beforeEach(async () => {
    server = createServer(async (request, response) => {
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk as Buffer);
      objects.set((request.url ?? '').replace(/\?.*/, ''), Buffer.concat(body));
      response.setHeader('ETag', '"1"').end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterEach(() => new Promise((done) => server.close(done)));

  test('gets every file below the prefix and its key', async () => {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    });
    await writeDelivery(files, bucketSink(client, 'landing', 'bank/'));
    client.destroy();
    expect([...objects.keys()].sort()).toEqual(files.map((file) => `/landing/bank/${file.key}`).sort());
    const one = files.find((file) => file.compression === 'none');
    if (one === undefined) throw new Error('no plain file');
    expect(objects.get(`/landing/bank/${one.key}`)?.equals(await bytesOf(one))).toBe(true);
  });
});
