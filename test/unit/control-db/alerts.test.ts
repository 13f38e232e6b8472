import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Alert,
  adoptAlerts,
  type ChannelName,
  deliverAlerts,
  type Incident,
  listAlerts,
  recordAlerts,
} from '../../../control-db/queries/alerts.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
  // A test ends connections.
  database.on('error', () => undefined);
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

const failed = (run: number): Incident => ({
  ...{ kind: 'failed_run', subject: `run ${run}`, slot: new Date('2026-01-05T09:00:00Z') },
  ...{ summary: `run ${run} failed`, message: 'A column is gone.', command: 'podlake runs' },
});

/** Finds that these go on, and no other of their kinds. */
const find = (incidents: Incident[], channels: ChannelName[] = ['webhook'], judged = ['failed_run']) =>
  recordAlerts(database, async () => ({ incidents, judged }), channels);

/** A channel that notes what it was told. */
function hearing(channel: ChannelName = 'webhook') {
  const heard: string[] = [];
  const hear = (send: (alert: Alert) => Promise<void> = async () => undefined) =>
    deliverAlerts(database, channel, async (alert) => {
      heard.push(alert.summary);
      await send(alert);
    });
  return { heard, hear };
}

describe('an incident', () => {
  test('that goes on is told once, however often it is found', async () => {
    const { heard, hear } = hearing();
    expect(await find([failed(1)])).toHaveLength(1);
    await hear();
    expect(await find([failed(1)])).toEqual([]);
    await hear();
    expect(heard).toEqual(['run 1 failed']);
  });

  test('that is over and comes again is told again', async () => {
    const { heard, hear } = hearing();
    for (const now of [[failed(1)], [], [failed(1)]]) {
      await find(now);
      await hear();
    }
    expect(heard).toEqual(['run 1 failed', 'run 1 failed']);
    const [second, first] = await listAlerts(database, { open: false, limit: 5 });
    expect([first?.overAt, second?.overAt]).toEqual([expect.any(Date), null]);
    expect(await listAlerts(database, { open: true, limit: 5 })).toEqual([second]);
  });

  test('of a kind that nobody could judge is not over', async () => {
    await find([failed(1)]);
    await find([], ['webhook'], ['no_worker']);
    expect(await listAlerts(database, { open: true, limit: 5 })).toHaveLength(1);
  });

  test('that two find at once is told once', async () => {
    const { heard, hear } = hearing();
    const both = await Promise.all([find([failed(1)]), find([failed(1)])]);
    expect(both.flat()).toHaveLength(1);
    // The other looks for what to send while this one is sending.
    await hear(async () => void (await hear()));
    expect(heard).toEqual(['run 1 failed']);
  });

  test('goes to each channel, and to one that is configured later while it goes on', async () => {
    const [sns, webhook] = [hearing('sns'), hearing('webhook')];
    await find([failed(1)], ['sns']);
    await Promise.all([sns.hear(), webhook.hear()]);
    expect([sns.heard, webhook.heard]).toEqual([['run 1 failed'], []]);
    await find([failed(1)], ['sns', 'webhook']);
    await Promise.all([sns.hear(), webhook.hear()]);
    expect([sns.heard, webhook.heard]).toEqual([['run 1 failed'], ['run 1 failed']]);
  });
});

describe('a message', () => {
  test('whose sender dies before it is noted is sent once more, and those that were noted are not', async () => {
    const { heard, hear } = hearing();
    await find([failed(1), failed(2), failed(3)]);
    const dying = hear(async ({ subject }) => {
      if (subject !== 'run 2') return;
      await database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where query like '%skip locked%' and state = 'idle in transaction'`,
      );
    });
    await expect(dying).rejects.toThrow();
    expect(heard).toEqual(['run 1 failed', 'run 2 failed']);
    await hear();
    expect(heard).toEqual(['run 1 failed', 'run 2 failed', 'run 2 failed', 'run 3 failed']);
    await hear();
    expect(heard).toHaveLength(4);
  });

  test('that a channel does not take is kept with the reason, and sent when it does, also after its incident is over', async () => {
    const { heard, hear } = hearing();
    await find([failed(1)]);
    const refused = await hear(() => Promise.reject(new Error('the webhook answered 503')));
    expect(refused).toEqual({ sent: 0, error: 'the webhook answered 503' });
    const [{ deliveries } = { deliveries: [] }] = await listAlerts(database, { open: false, limit: 1 });
    expect(deliveries).toEqual([
      { channel: 'webhook', sentAt: null, failures: 1, lastError: 'the webhook answered 503' },
    ]);
    await find([]);
    expect(await hear()).toEqual({ sent: 1, error: null });
    expect(heard).toHaveLength(2);
  });

  test('that is never taken does not keep the others back', async () => {
    const { heard, hear } = hearing();
    const poison = ({ subject }: Alert) => (subject === 'run 1' ? Promise.reject(new Error('400')) : Promise.resolve());
    await find([failed(1), failed(2)]);
    await hear(poison);
    expect(await hear(poison)).toEqual({ sent: 1, error: '400' });
    expect(heard).toEqual(['run 1 failed', 'run 2 failed', 'run 1 failed']);
  });
});

test('what was told without the control database is written down with its time, and not told again', async () => {
  const { heard, hear } = hearing();
  const openedAt = new Date('2026-01-05T12:00:00Z');
  await adoptAlerts(database, [{ incident: failed(1), openedAt, sent: new Set(['webhook' as const]) }]);
  await find([failed(1)]);
  await hear();
  expect(heard).toEqual([]);
  expect(await listAlerts(database, { open: true, limit: 5 })).toMatchObject([{ openedAt, overAt: null }]);
});
