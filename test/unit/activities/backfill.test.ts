import { GetObjectCommand, type PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backfillActivities } from '../../../activities/backfill.ts';
import type { Lake } from '../../../activities/context.ts';
import { manifestActivities } from '../../../activities/manifest.ts';
import { rebuildActivities } from '../../../activities/rebuild.ts';
import { publishedHistory } from '../../../control-db/queries/history.ts';
import { recordLayer, type TableLoad } from '../../../control-db/queries/loads.ts';
import { bases, completePublication, planPublication } from '../../../control-db/queries/publications.ts';
import { closeRun, openRun } from '../../../control-db/queries/runs.ts';
import type {
  BackfillManifest,
  PublishManifest,
  RawManifest,
  RebuildManifest,
  TrustedManifest,
} from '../../../spark/contract/manifest.ts';
import { slotOf } from '../../../workflows/slot.ts';
import type { NextReplay, RunContext } from '../../../workflows/types.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, load, open, outcomes, written } from '../control-db/delivered.ts';
import { settings } from './settings.ts';

const [S1, S2, S3, S4] = [
  '2026-01-05T09:00:00Z',
  '2026-01-05T21:00:00Z',
  '2026-01-06T09:00:00Z',
  '2026-01-06T21:00:00Z',
] as const;
const slot = (instant: string) => slotOf(new Date(instant));

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

function lake(): Lake {
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
  return {
    ...{ database, settings, s3: { send } as unknown as S3Client },
    artifacts: { hash: 'h', catalogue: 's3://a/today.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
    catalogue: {
      trusted: { bureau: { name: 'bureau', source: 'bureau' }, loans: { name: 'loans', source: 'loans' } },
      refined: { taxa: { name: 'taxa', inputs: ['bureau'], lookback: [] } },
    },
  } as unknown as Lake;
}
const activities = () => backfillActivities(lake());
const read = <Manifest>(uri: string) => JSON.parse(objects.get(uri) ?? 'null') as Manifest;

/** Publishes one slot, whose bureau is one raw file of that name, and leaves its tables at this snapshot. */
async function publish(instant: string, to: string): Promise<void> {
  const { run, grant } = await open(database, instant, instant);
  await loadRaw(run, to);
  await written(database, run, { from: null, to });
  await completePublication(database, (await planPublication(database, run, grant)).publication);
}

const RAW: TableLoad = { table: 'bureau', seconds: 1, records: 3, rowsRaw: 3, unreadable: 0, conserved: true };
const loadRaw = (run: number, name: string) =>
  recordLayer(
    database,
    load(run, 'raw', { tables: [RAW], rawFiles: [{ table: 'bureau', uri: `s3://raw/${name}`, bytes: 1 }] }),
  );

let signals = 0;
const ask = (request: object) =>
  activities().registerBackfill({ queue: 'q', signal: ++signals, request: { reason: 'a test', ...request } });

/** What the Spark step leaves of each slot: three rows of bureau, and the indicator of four. */
async function playStep(next: NextReplay, heads: Record<string, string>): Promise<void> {
  const { tables } = read<BackfillManifest>(next.manifest);
  for (const { table, trusted, refined } of tables) {
    const common = { ...{ format: 1, slot: table, applicationId: 'a', audits: [] }, startedAt: S1, endedAt: S1 };
    const moved = { seconds: 1, bytes: 1, snapshotFrom: '0', snapshotTo: heads[table] };
    const none = { updated: 0, unchanged: 0, superseded: 0, conflicting: 0, quarantined: 0, erased: 0 };
    const of = (uri: string | null) => (uri ?? '').replace('manifest.json', 'metrics.json');
    const own = { ...moved, ...none, table: 'bureau', rowsRaw: 3, inserted: 3, totalRows: 30 };
    if (trusted) objects.set(of(trusted), JSON.stringify({ ...common, layer: 'trusted', tables: [own] }));
    if (refined)
      objects.set(
        of(refined),
        JSON.stringify({ ...common, layer: 'refined', tables: [{ ...moved, table: 'taxa', rows: 4 }] }),
      );
  }
  await activities().recordReplay({ backfill: next.context.backfill ?? 0, slots: next.slots });
}

async function playAll(backfill: number, heads: Record<string, string>): Promise<void> {
  for (let next = await activities().nextReplay(backfill); next; next = await activities().nextReplay(backfill))
    await playStep(next, heads);
}

async function switchTo(
  backfill: number,
  by = `child ${backfill}`,
): Promise<{ context: RunContext; publication: number }> {
  const { context } = await activities().openSwitch({ backfill, workflowId: by, runId: by });
  const { publication } = await activities().planSwitch(context);
  return { context, publication };
}

describe('a backfill', () => {
  beforeEach(async () => {
    await publish(S1, '1');
    await publish(S2, '2');
    await publish(S3, '3');
  });

  test('begins with trusted as it stood before its first slot, and with indicators as readers see them', async () => {
    const { backfill, plan } = await ask({ from: slot(S2) });
    expect(plan).toMatchObject({ layer: 'trusted', slots: 2, rows: 14 });

    const next = await activities().nextReplay(backfill);

    expect(next).toMatchObject({ step: 'backfill', slots: [slot(S2), slot(S3)], done: 0, total: 2 });
    const manifest = read<BackfillManifest>(next?.manifest ?? '');
    expect(manifest).toMatchObject({ branch: `backfill_${backfill}`, grant: 0, discard: false });
    expect(manifest.start).toEqual([
      { table: 'trusted.bureau', snapshot: '1' },
      { table: 'trusted.loans', snapshot: null },
      { table: 'refined.taxa_dados', snapshot: '3' },
    ]);
    const [second] = manifest.tables;
    expect(read<TrustedManifest>(second?.trusted ?? '')).toMatchObject({
      ...{ slot: slot(S2), attempt: 2, branch: `backfill_${backfill}`, backfill: true },
      tables: [{ table: 'bureau', rawFiles: ['s3://raw/2'], records: 3, reread: false }],
    });
  });

  test('is registered once for a signal, however often it is asked', async () => {
    const request = { from: slot(S2), reason: 'once' };
    const first = await activities().registerBackfill({ queue: 'q', signal: 900, request });
    expect(await activities().registerBackfill({ queue: 'q', signal: 900, request })).toEqual(first);
    expect((await database.query('select from backfill')).rowCount).toBe(1);
  });

  test('that was asked for by nonsense is rejected with the reason', async () => {
    const found = await activities().registerBackfill({ queue: 'q', signal: 901, request: ['nonsense'] });
    expect(found).toMatchObject({ state: 'rejected', message: expect.stringMatching(/asked for by an object/) });
  });

  test('goes on where it is recorded, with a slot that was published meanwhile', async () => {
    const { backfill } = await ask({ from: slot(S2) });
    await playAll(backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    expect(await activities().nextReplay(backfill)).toBeNull();
    await publish(S4, '4');

    const next = await activities().nextReplay(backfill);

    expect(next).toMatchObject({ slots: [slot(S4)], done: 2, total: 3 });
    expect(read<BackfillManifest>(next?.manifest ?? '').start).toMatchObject([
      { table: 'trusted.bureau', snapshot: '33' },
      { table: 'trusted.loans', snapshot: null },
      { table: 'refined.taxa_dados', snapshot: '33' },
    ]);
  });

  test('counts for its slots once its publication is complete, and a later one builds on it', async () => {
    const first = await ask({ from: slot(S2) });
    await playAll(first.backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    const { publication } = await switchTo(first.backfill);
    expect((await bases(database)).get('trusted.bureau')).toBe('3');
    await completePublication(database, publication);

    const { slots, rawFiles } = await publishedHistory(database);
    expect(slots.map(({ snapshots }) => snapshots['trusted.bureau'])).toEqual(['1', '22', '33']);
    expect(slots.map(({ attempts }) => attempts['taxa'])).toEqual([1, 2, 2]);
    expect(rawFiles.get('bureau')).toEqual(['s3://raw/1', 's3://raw/2', 's3://raw/3']);
    expect((await bases(database)).get('trusted.bureau')).toBe('33');
    const closed = await activities().closeBackfill({ ...first, end: 'published', message: 'with a word more' });
    expect(closed).toMatchObject({ state: 'published', message: 'with a word more' });
    const second = await ask({ from: slot(S3) });
    const next = await activities().nextReplay(second.backfill);
    expect(read<BackfillManifest>(next?.manifest ?? '').start[0]).toEqual({ table: 'trusted.bureau', snapshot: '22' });
  });

  test('that is closed unpublished changes nothing that counts', async () => {
    const before = await publishedHistory(database);
    const { backfill } = await ask({ from: slot(S2) });
    await playAll(backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    await activities().closeBackfill({ backfill, end: 'cancelled', message: 'stopped' });

    expect(await publishedHistory(database)).toEqual(before);
    const { rows } = await database.query(`select distinct state from run where kind = 'backfill'`);
    expect(rows).toEqual([{ state: 'cancelled' }]);
  });

  test('cut after its plan is completed by the next run in the same way, and is never discarded', async () => {
    const { backfill } = await ask({ from: slot(S2) });
    await playAll(backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    const { publication } = await switchTo(backfill);
    expect(await activities().writeDiscard(backfill)).toBeNull();
    await activities().closeBackfill({ backfill, end: 'failed', message: 'its worker is gone' });

    const { cut } = await openRun(database, { slot: S4, kind: 'scheduled', workflowId: 'run', runId: 'next' });
    expect(cut).toMatchObject({ publication, backfill, kind: 'backfill', attempt: 2 });
    const of: RunContext = { run: cut?.run ?? 0, slot: slot(S3), attempt: 2, grant: 4, kind: 'backfill', backfill };
    const { manifest } = await manifestActivities(lake()).writeManifest({ context: of, step: 'publish' });
    expect(read<PublishManifest>(manifest)).toMatchObject({
      ...{ branch: `backfill_${backfill}`, publication },
      tables: [
        { table: 'refined.taxa_dados', from: '3', to: '33' },
        { table: 'trusted.bureau', from: '3', to: '33' },
      ],
      switch: {
        tags: [
          { table: 'refined.taxa_dados', tag: `slot_${slot(S2)}`, snapshot: '22' },
          { table: 'trusted.bureau', tag: `slot_${slot(S2)}`, snapshot: '22' },
          { table: 'refined.taxa_dados', tag: `slot_${slot(S3)}`, snapshot: '33' },
          { table: 'trusted.bureau', tag: `slot_${slot(S3)}`, snapshot: '33' },
        ],
        quarantine: [
          { table: 'bureau', slotInstant: S2, layer: 'trusted' },
          { table: 'bureau', slotInstant: S3, layer: 'trusted' },
        ],
        unmoved: ['trusted.loans'],
      },
    });
    await completePublication(database, publication);
    const { rows } = await database.query('select state from backfill');
    expect(rows).toEqual([{ state: 'published' }]);
  });

  test('that folds an older slot, as the one before its first is kept no longer, leaves the indicators of that slot as they were', async () => {
    const folder = (instant: string) =>
      `s3://${settings.bucketPrefix}-controle/runs/slot=${slot(instant)}/attempt=1/refined`;
    for (const instant of [S1, S2])
      objects.set(`${folder(instant)}/manifest.json`, '{"catalogue": "s3://a/of-then.json"}');
    await database.query('insert into expired_slot (slot) values ($1)', [S2]);
    const { backfill } = await ask({ from: slot(S3) });
    const next = await activities().nextReplay(backfill);

    const { start, tables } = read<BackfillManifest>(next?.manifest ?? '');
    expect(start[0]).toEqual({ table: 'trusted.bureau', snapshot: '1' });
    expect(tables.map(({ table, refined }) => [table, refined !== null])).toEqual([
      [slot(S2), false],
      [slot(S3), true],
    ]);
    await playAll(backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    await completePublication(database, (await switchTo(backfill)).publication);
    await database.query('delete from expired_slot');
    const { manifest } = await rebuildActivities(lake()).writeRebuildManifest({ id: 'x', all: true, seed: 1 });
    expect(read<RebuildManifest>(manifest).slots.map(({ slot: one, catalogue }) => [one, catalogue])).toEqual([
      ...[
        [slot(S1), 's3://a/of-then.json'],
        [slot(S2), 's3://a/of-then.json'],
        [slot(S3), 's3://a/today.json'],
      ],
    ]);
  });

  test('that lost the lake before its plan cannot publish', async () => {
    const { backfill } = await ask({ from: slot(S2) });
    await playAll(backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    const { context } = await activities().openSwitch({ backfill, workflowId: 'child', runId: 'child' });
    await open(database, S4, 'another');
    await expect(activities().planSwitch(context)).rejects.toMatchObject({ type: 'LostGrant' });
  });

  test('whose rows do not balance may not be published', async () => {
    const { backfill } = await ask({ from: slot(S3) });
    await playAll(backfill, { [slot(S3)]: '33' });
    expect(await activities().judgeBackfill(backfill)).toEqual({ passed: true, failures: [], warnings: [] });
    await database.query(
      `update table_load set rows_raw = 2, conserved = false where run = (select max(run) from run) and layer = 'trusted'`,
    );
    const { passed, failures } = await activities().judgeBackfill(backfill);
    expect(passed).toBe(false);
    expect(failures[0]).toMatch(/^slot 20260106T090000Z: trusted.bureau: rows are not conserved/);
  });
});

describe('a held delivery', () => {
  let file: number;
  beforeEach(async () => {
    await publish(S1, '1');
    const held = await open(database, S2, S2);
    ({ file } = await accepted(database, held.run, 'a.csv'));
    await loadRaw(held.run, 'held');
    await closeRun(database, held.run, 'failed', 'an audit failed');
    await publish(S3, '3');
  });

  /** Plays raw of its slot as the EMR step would, and then the slots. */
  async function playReleased(backfill: number): Promise<RawManifest> {
    const raw = await activities().nextReplay(backfill);
    expect(raw).toMatchObject({ step: 'raw', slots: [slot(S2)] });
    await loadRaw(raw?.context.run ?? 0, 'again');
    await playAll(backfill, { [slot(S2)]: '22', [slot(S3)]: '33' });
    return read<RawManifest>(raw?.manifest ?? '');
  }

  test('is read again, folded in its own slot, and the later slots are played forward', async () => {
    const { backfill, plan } = await ask({ from: slot(S2), release: [file] });
    expect(plan).toMatchObject({ layer: 'raw', slots: 2 });

    const { tables, backfill: onBranch } = await playReleased(backfill);

    expect(onBranch).toBe(true);
    expect(tables).toMatchObject([{ table: 'bureau', files: [{ id: file, landingKey: 'a.csv' }] }]);
    expect(await outcomes(database)).toMatchObject({ 'a.csv': 'held' });
    const { publication } = await switchTo(backfill);
    expect(await outcomes(database)).toMatchObject({ 'a.csv': 'accepted' });
    await completePublication(database, publication);
    const { slots, rawFiles } = await publishedHistory(database);
    expect(slots.map((one) => [slotOf(one.slot), one.snapshots['trusted.bureau']])).toEqual([
      ...[
        [slot(S1), '1'],
        [slot(S2), '22'],
        [slot(S3), '33'],
      ],
    ]);
    expect(rawFiles.get('bureau')).toEqual(['s3://raw/1', 's3://raw/again', 's3://raw/3']);
  });

  test('is taken up from trusted on with what raw had left', async () => {
    const { backfill } = await ask({ from: slot(S2), release: [file], layer: 'trusted' });
    const next = await activities().nextReplay(backfill);
    const [own] = read<BackfillManifest>(next?.manifest ?? '').tables;
    expect(read<TrustedManifest>(own?.trusted ?? '').tables[0]?.rawFiles).toEqual(['s3://raw/held']);
  });

  test('that another run took meanwhile stops the switch', async () => {
    const { backfill } = await ask({ from: slot(S2), release: [file] });
    await playReleased(backfill);
    await database.query(`update file set outcome = 'accepted'`);
    await expect(switchTo(backfill)).rejects.toMatchObject({
      type: 'BadRequest',
      message: expect.stringContaining(`took file ${file}`),
    });
  });

  test.each([
    [{ release: [4711] }, /no file 4711/],
    [{ from: slot(S3) }, /belongs to slot 20260105T210000Z, not to 20260106T090000Z/],
    [{ layer: 'refined' }, /"layer" can be raw or trusted/],
  ])('cannot be released by %j', async (request, message) => {
    const found = await ask({ from: slot(S2), release: [file], ...request });
    expect(found).toMatchObject({ state: 'rejected', message: expect.stringMatching(message) });
  });

  test('that is held no more cannot be released', async () => {
    await database.query(`update file set outcome = 'refused', reason = 'rejected'`);
    const found = await ask({ from: slot(S2), release: [file] });
    expect(found).toMatchObject({ state: 'rejected', message: expect.stringMatching(/is refused: only a held file/) });
  });

  test('which no run had looked into goes to the next run instead', async () => {
    await database.query('update file set transient_uri = null, source_table = null');
    const { backfill } = await ask({ from: slot(S2), release: [file] });
    expect(await activities().nextReplay(backfill)).toBeNull();
    await activities().closeBackfill({ backfill, end: 'unchanged', message: 'nothing to be played' });
    expect(await outcomes(database)).toEqual({ 'a.csv': 'given_back' });
  });
});
