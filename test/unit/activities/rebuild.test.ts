import { GetObjectCommand, type PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { rebuildActivities } from '../../../activities/rebuild.ts';
import { recordLayer } from '../../../control-db/queries/loads.ts';
import { expireSlots } from '../../../control-db/queries/maintenance.ts';
import { completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import type { RebuildManifest } from '../../../spark/contract/manifest.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { load, open, written } from '../control-db/delivered.ts';
import { settings } from './settings.ts';

const SLOTS = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z', '2026-01-06T09:00:00Z'] as const;

let postgres: TestPostgres;
let database: pg.Pool;
let objects: Map<string, string>;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => {
  objects = new Map();
  return postgres.empty();
});
afterAll(() => postgres?.stop());

function activities() {
  const send = async (command: GetObjectCommand | PutObjectCommand) => {
    const uri = `s3://${command.input.Bucket}/${command.input.Key}`;
    if (command instanceof GetObjectCommand) {
      const text = objects.get(uri);
      if (text === undefined) throw Object.assign(new Error('none'), { name: 'NoSuchKey' });
      return { Body: { transformToString: async () => text } };
    }
    objects.set(uri, String(command.input.Body));
    return {};
  };
  return rebuildActivities({
    ...{ database, settings, s3: { send } as unknown as S3Client },
    artifacts: { hash: 'h', catalogue: 's3://a/today.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
    catalogue: { trusted: { bureau: { name: 'bureau', source: 'bureau' } } },
  } as unknown as Lake);
}

/** Publishes one slot: a raw file of its name, tables moved to this snapshot, and the manifest of its refined step. */
async function publish(slot: string, to: string): Promise<void> {
  const { run, grant } = await open(database, slot, slot);
  await recordLayer(database, load(run, 'raw', { rawFiles: [{ table: 'bureau', uri: `s3://raw/${to}`, bytes: 1 }] }));
  await written(database, run, { from: null, to });
  await completePublication(database, (await planPublication(database, run, grant)).publication);
  const folder = `${slot.replaceAll(/[-:]/g, '')}/attempt=1/refined`;
  const uri = `s3://${settings.bucketPrefix}-controle/runs/slot=${folder}/manifest.json`;
  objects.set(uri, JSON.stringify({ catalogue: `s3://a/of-${to}.json` }));
}

async function manifestOf(all: boolean): Promise<RebuildManifest> {
  const { manifest } = await activities().writeRebuildManifest({ id: 'x', all, seed: 1 });
  return JSON.parse(objects.get(manifest) ?? '');
}

test('the manifest pins main, and for each slot trusted as it left it, the indicators before it, and its own catalogue', async () => {
  await publish(SLOTS[0], '1');
  await publish(SLOTS[1], '2');
  await publish(SLOTS[2], '3');

  const { tables, slots } = await manifestOf(true);

  expect(tables).toEqual([
    { table: 'trusted.bureau', name: 'bureau', snapshot: '3', rawFiles: ['s3://raw/1', 's3://raw/2', 's3://raw/3'] },
    ...['20260105T090000Z', '20260105T210000Z', '20260106T090000Z'].map((slot, index) => ({
      ...{
        table: `refined.taxa at ${slot}`,
        name: 'taxa',
        snapshot: '3',
        slot,
        catalogue: `s3://a/of-${index + 1}.json`,
      },
    })),
  ]);
  expect(slots.map(({ slot, catalogue, trusted, refined }) => ({ slot, catalogue, trusted, refined }))).toEqual([
    { slot: '20260105T090000Z', catalogue: 's3://a/of-1.json', trusted: { bureau: '1' }, refined: {} },
    { slot: '20260105T210000Z', catalogue: 's3://a/of-2.json', trusted: { bureau: '2' }, refined: { taxa: '3' } },
    { slot: '20260106T090000Z', catalogue: 's3://a/of-3.json', trusted: { bureau: '3' }, refined: { taxa: '3' } },
  ]);
});

test('unless all are asked for, the indicators are those of the last slot and three others', async () => {
  for (let day = 5; day < 11; day += 1) await publish(`2026-01-${String(day).padStart(2, '0')}T09:00:00Z`, String(day));
  const { tables, slots } = await manifestOf(false);
  expect(slots).toHaveLength(4);
  expect(slots.at(-1)?.slot).toBe('20260110T090000Z');
  expect(tables.find(({ name }) => name === 'bureau')?.rawFiles).toHaveLength(6);
});

test('a slot whose snapshots are no longer kept is not chosen, and trusted is still all of raw', async () => {
  await publish(SLOTS[0], '1');
  await publish(SLOTS[1], '2');
  await publish(SLOTS[2], '3');
  await publish('2026-01-06T21:00:00Z', '4');
  await expireSlots(database, [new Date(SLOTS[0]), new Date(SLOTS[1])]);

  const told = await activities().writeRebuildManifest({ id: 'x', all: true, seed: 1 });

  expect(told).toMatchObject({ slots: ['20260106T090000Z', '20260106T210000Z'], expired: 2 });
  const { tables, slots } = JSON.parse(objects.get(told.manifest) ?? '') as RebuildManifest;
  expect(slots.map(({ trusted, refined }) => ({ trusted, refined }))).toEqual([
    { trusted: { bureau: '3' }, refined: { taxa: '4' } },
    { trusted: { bureau: '4' }, refined: { taxa: '4' } },
  ]);
  expect(tables.find(({ name }) => name === 'bureau')?.rawFiles).toHaveLength(4);
});

test('before the first publication there is nothing to verify, and it says so for good', async () => {
  await expect(manifestOf(true)).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringMatching(/Nothing is published yet/),
  });
});

test('the slots of an indicator are added up, with the slot in front of each example', async () => {
  const one = { seconds: 1, rows: 2, rebuilt: 2, missing: 0, extra: 0, different: 0, provenance: 0, examples: [] };
  const bad = { ...one, different: 1, examples: ['different: tipo=a'] };
  const tables = [
    { table: 'trusted.bureau', ...one },
    { table: 'refined.taxa at 20260105T090000Z', ...one },
    { table: 'refined.taxa at 20260105T210000Z', ...bad },
  ];
  objects.set('s3://c/rebuild/x/metrics.json', JSON.stringify({ tables }));

  const { comparisons } = await activities().readComparisons({ manifest: 's3://c/rebuild/x/manifest.json' });

  expect(comparisons).toMatchObject([
    { table: 'trusted.bureau', slots: null, rows: 2, different: 0, examples: [] },
    {
      table: 'refined.taxa',
      slots: 2,
      rows: 4,
      different: 1,
      examples: ['refined.taxa at 20260105T210000Z: different: tipo=a'],
    },
  ]);
});
