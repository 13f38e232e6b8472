import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as backfills from '../../../control-db/queries/backfills.ts';
import { publishedHistory } from '../../../control-db/queries/history.ts';
import { openMaintenance, recordCompactions } from '../../../control-db/queries/maintenance.ts';
import { completePublication, planPublication, readPublication } from '../../../control-db/queries/publications.ts';
import { openSwitch } from '../../../control-db/queries/runs.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { open, written } from './delivered.ts';

const [FIRST, SECOND] = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z'] as const;

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
afterAll(() => postgres?.stop());

/** Both tables from this snapshot to that one. */
async function publish(slot: string, from: string | null, to: string): Promise<void> {
  const { run, grant } = await open(database, slot, slot);
  await written(database, run, { from, to });
  await completePublication(database, (await planPublication(database, run, grant)).publication);
}

/** Both are compacted, as a maintenance notes it. */
async function compact(from: string, to: string): Promise<void> {
  const { maintenance } = await openMaintenance(database, { workflowId: 'maintenance', runId: to }, ['compact']);
  const figures = { rows: 30, filesBefore: 9, filesAfter: 1 };
  const tables = ['trusted.bureau', 'refined.taxa_dados'];
  await recordCompactions(
    database,
    maintenance,
    tables.map((table) => ({ table, from, to, ...figures })),
  );
}

/** A backfill of the second slot, played from the first's snapshot to this one. */
async function play(to: string): Promise<number> {
  const { backfill } = await backfills.register(database, { queue: 'q', signal: 1, request: { reason: 'a test' } });
  await backfills.plan(database, backfill, { release: [] }, false);
  const { run } = await backfills.replayOf(database, backfill, new Date(SECOND));
  await written(database, run, { from: '1', to });
  return backfill;
}

async function planned(backfill: number) {
  const { grant } = await openSwitch(database, { workflowId: 'child', runId: 'child' });
  const publication = await backfills.planPublication(database, backfill, grant);
  return (await readPublication(database, publication)).tables.map(({ table, from, to }) => [table, from, to]);
}

describe("a backfill's plan, when its tables were compacted meanwhile,", () => {
  beforeEach(async () => {
    await postgres.empty();
    await publish(FIRST, null, '1');
    await publish(SECOND, '1', '2');
  });

  test('moves each from the snapshot that was published last, for which the compacted one stands', async () => {
    const backfill = await play('22');
    await compact('2', '3');
    expect(await planned(backfill)).toEqual([
      ['refined.taxa_dados', '2', '22'],
      ['trusted.bureau', '2', '22'],
    ]);
  });

  test('leaves out those in which nothing was to be changed, so that they stay compacted', async () => {
    const backfill = await play('2');
    await compact('2', '3');
    expect(await planned(backfill)).toEqual([]);
  });

  test('publishes the compacted snapshots themselves, if they were played on and nothing was to be changed', async () => {
    await compact('2', '3');
    expect((await publishedHistory(database)).current.get('trusted.bureau')).toBe('2');
    expect(await planned(await play('3'))).toEqual([
      ['refined.taxa_dados', '2', '3'],
      ['trusted.bureau', '2', '3'],
    ]);
  });
});
