import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { alertChannels } from '../../../activities/alert-channels.ts';
import { raise } from '../../../activities/alerts.ts';
import * as backfills from '../../../control-db/queries/backfills.ts';
import { recordCluster } from '../../../control-db/queries/clusters.ts';
import { recordInstances } from '../../../control-db/queries/costs.ts';
import { setAside } from '../../../control-db/queries/files.ts';
import { completePublication, confirmPublication, planPublication } from '../../../control-db/queries/publications.ts';
import { closeRun } from '../../../control-db/queries/runs.ts';
import { awsClients } from '../../../workers/clients.ts';
import { parseConfig } from '../../../workers/config.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, claimed, open } from '../control-db/delivered.ts';
import { settings } from './settings.ts';

const SLOTS = ['2026-01-05T09:00:00Z', '2026-01-05T21:00:00Z', '2026-01-06T09:00:00Z'] as const;
const [FIRST, SECOND, THIRD] = SLOTS;

let postgres: TestPostgres;
let database: pg.Pool;
let server: Server;
let url: string;
let requests: { path: string; type: string; body: string }[] = [];
let status = 200;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
  server = createServer(async (request, response) => {
    requests.push({
      path: request.url ?? '',
      type: request.headers['content-type'] ?? '',
      body: await textOf(request),
    });
    response
      .writeHead(status, { 'content-type': 'text/xml' })
      .end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  requests = [];
  status = 200;
  await postgres.empty();
});
afterAll(async () => {
  server?.close();
  await postgres?.stop();
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

const aws = () =>
  awsClients(
    parseConfig(
      JSON.stringify({
        ...{ region: 'us-east-1', bucketPrefix: 'lake', endpoints: { s3: url, aws: url }, postgresUrl: 'unused' },
        ...{ credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, temporal: {}, emr: {}, athena: {} },
      }),
      'a test',
    ),
  );

/** What the control database alone tells: nothing runs on Temporal or EMR. */
const look = (told: { webhookUrl?: string; snsTopicArn?: string } = {}) => {
  const alerts = { ...settings.alerts, ...told };
  return raise(database, alerts, { unfinished: [], clusters: [] }, alertChannels(aws().sns, alerts));
};
const kinds = async () => (await look()).open.map(({ kind, subject }) => `${kind} ${subject}`);

const run = async (slot: string, state?: Parameters<typeof closeRun>[2], message = '') => {
  const opened = await open(database, slot, slot + (state ?? ''));
  if (state) await closeRun(database, opened.run, state, message);
  return opened;
};

describe('of what the control database holds', () => {
  test('a failed backfill is told once and not for each of its slots, which are late at no time', async () => {
    await run(SECOND, 'empty');
    const { backfill } = await backfills.register(database, { queue: 'q', signal: 1, request: { reason: 'a test' } });
    for (const slot of [FIRST, SECOND]) await backfills.replayOf(database, backfill, new Date(slot));
    expect(await kinds()).toEqual([]);
    await backfills.close(database, backfill, 'failed', 'an audit failed');
    expect(await kinds()).toEqual([`failed_backfill backfill ${backfill}`]);
  });

  test('a failed run and its held delivery are told, and over when a later run ends well and the files are settled', async () => {
    const failed = await open(database, FIRST, 'a');
    await accepted(database, failed.run, 'good.csv');
    await closeRun(database, failed.run, 'failed', 'a column is gone');
    expect(await kinds()).toEqual([`failed_run run ${failed.run}`, 'held_delivery slot 20260105T090000Z']);
    await run(SECOND, 'empty');
    expect(await kinds()).toEqual(['held_delivery slot 20260105T090000Z']);
    await database.query(`update file set outcome = 'accepted'`);
    expect(await kinds()).toEqual([]);
  });

  test('files that only wait behind a held delivery, and those refused by a person or weeks ago, are not told', async () => {
    const { run: number } = await open(database, FIRST, 'a');
    for (const key of ['waits.csv', 'rejected.csv', 'old.csv']) await accepted(database, number, key);
    await database.query(
      `update file set outcome = 'held', waits = true, reason = 'waits' where landing_key = 'waits.csv'`,
    );
    await database.query(
      `update file set outcome = 'refused', reason = 'a reason',
                       seen_at = now() - case landing_key when 'old.csv' then interval '8 days' else interval '0' end
       where landing_key in ('rejected.csv', 'old.csv')`,
    );
    await database.query(
      `insert into file_rejection (file, held_because, rejected_by) select file, 'an audit', 'ana' from file
       where landing_key = 'rejected.csv'`,
    );
    await closeRun(database, number, 'empty', '');
    expect(await kinds()).toEqual([]);
  });

  test('refused files are told once for a run, and over when a good one of that name came', async () => {
    const first = await open(database, FIRST, 'a');
    const bad = await claimed(database, first.run, 'bad.csv');
    await setAside(database, bad.file, 'refused', { reason: 'UTF-16', sourceTable: null, transientUri: null });
    await closeRun(database, first.run, 'empty', '');
    const { open: told } = await look();
    expect(told).toMatchObject([{ kind: 'refused_file', message: expect.stringContaining('bad.csv was refused') }]);
    const second = await open(database, SECOND, 'b');
    await database.query(`update file set identity = 'the first one'`);
    await accepted(database, second.run, 'bad.csv');
    await closeRun(database, second.run, 'published', '');
    expect(await kinds()).toEqual([]);
  });

  test('an open run is told when its slot is long ago, and over when it is closed', async () => {
    const { run: number } = await run(FIRST);
    await database.query(`update run set opened_at = now() - interval '4 hours'`);
    expect(await kinds()).toEqual(['run_not_finished slot 20260105T090000Z']);
    await closeRun(database, number, 'empty', '');
    expect(await kinds()).toEqual([]);
  });

  test('two slots without a file are told, and over when one comes', async () => {
    const first = await open(database, FIRST, 'a');
    await accepted(database, first.run, 'good.csv');
    await closeRun(database, first.run, 'published', '');
    await run(SECOND, 'empty');
    expect(await kinds()).toEqual([]);
    await run(THIRD, 'empty');
    expect(await kinds()).toEqual(['no_delivery since slot 20260105T090000Z']);
    const next = await open(database, '2026-01-06T21:00:00Z', 'd');
    await accepted(database, next.run, 'more.csv');
    expect(await kinds()).toEqual([]);
  });

  test('a publication that Athena did not confirm is told until it is confirmed', async () => {
    const { run: number, grant } = await run(FIRST);
    const { publication } = await planPublication(database, number, grant);
    await completePublication(database, publication);
    await closeRun(database, number, 'published_unconfirmed', 'Athena counts 3 of 4');
    expect(await kinds()).toEqual([`unconfirmed_publication run ${number}`]);
    await confirmPublication(database, publication);
    expect(await kinds()).toEqual([]);
  });

  test('what the instances of a run cost is told over the limit, at the prices that were noted', async () => {
    const { run: number } = await run(FIRST, 'empty');
    const purpose = 'run' as const;
    await recordCluster(database, { clusterId: 'j-1', run: number, name: 'podlake', state: 'TERMINATED', purpose });
    const hours = (count: number) => {
      const times = { startedAt: new Date(0), endedAt: new Date(count * 3_600_000) };
      const instance = { instanceId: `i-${count}`, instanceType: 'm6g.xlarge', market: 'spot' as const, usdHour: 10 };
      return recordInstances(database, 'j-1', [{ ...instance, ...times }]);
    };
    await hours(5);
    expect(await kinds()).toEqual([]);
    await hours(1);
    const { open: told } = await look();
    expect(told).toMatchObject([{ kind: 'run_cost', message: expect.stringContaining('cost 60.00 USD') }]);
  });
});

describe('a channel', () => {
  const failedRun = () => run(FIRST, 'failed', 'a column is gone');

  test('of the web is told as JSON what happened and what comes next', async () => {
    await failedRun();
    await look({ webhookUrl: `${url}/hook` });
    await look({ webhookUrl: `${url}/hook` });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ path: '/hook', type: 'application/json' });
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
      kind: 'failed_run',
      slot: '2026-01-05T09:00:00.000Z',
      summary: 'podlake: run of slot 20260105T090000Z failed',
      command: 'podlake runs',
      text: expect.stringContaining('Next: podlake runs'),
    });
  });

  test('of the web that refuses is a problem, and is told again by the next look', async () => {
    await failedRun();
    status = 503;
    const { problems } = await look({ webhookUrl: url });
    expect(problems).toEqual([expect.stringContaining('webhook, and will be again: the webhook answered 503')]);
    status = 200;
    expect(await look({ webhookUrl: url })).toMatchObject({ opened: [], problems: [] });
    expect(requests).toHaveLength(2);
  });

  test('that is a topic is given subject, text and the kind to filter by', async () => {
    await failedRun();
    const snsTopicArn = 'arn:aws:sns:us-east-1:123456789012:lake';
    expect((await look({ snsTopicArn })).problems).toEqual([]);
    const form = new URLSearchParams(requests[0]?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'Publish',
      TopicArn: snsTopicArn,
      Subject: 'podlake: run of slot 20260105T090000Z failed',
      Message: expect.stringContaining('Next: podlake runs'),
      'MessageAttributes.entry.1.Value.StringValue': 'failed_run',
    });
  });
});
