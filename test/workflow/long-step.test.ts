import type { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createActivities, type Lake } from '../../activities/index.ts';
import { FakeEmr, setState } from '../unit/activities/fake-emr.ts';
import { settings } from '../unit/activities/settings.ts';
import { fakeLake } from './fake-lake.ts';
import { onTimeSkippingServer } from './play-run.ts';

const play = onTimeSkippingServer();

/** Plays a run whose layer raw is looked at so often, and the others once, by the real activity, which waits for nothing. */
async function eventsOfARun(looks: number): Promise<{ events: number; looked: number }> {
  const emr = new FakeEmr();
  const clusterId = emr.addCluster('of the test', 'RUNNING');
  const [cluster = {}] = emr.clusters;
  let looked = 0;
  const send = async () => {
    looked += 1;
    if (looked >= looks - 1) setState(cluster, 'WAITING');
    throw Object.assign(new Error('none'), { name: 'NoSuchKey' });
  };
  emr.onDescribeStep = (step) => {
    const over = emr.stateOf(clusterId) === 'WAITING';
    setState(step, over ? 'COMPLETED' : 'RUNNING');
    if (over) setState(cluster, 'RUNNING');
  };
  // To whoever asks for the grant: it is the run's own.
  const query = async (sql: string) => ({ rows: sql.includes('from lake_grant') ? [{ newest: '1' }] : [] });
  const { runStep } = createActivities({
    ...{ emr: emr.client('emr'), emrOnce: emr.client('once'), settings },
    ...{ s3: { send } as unknown as S3Client, database: { query } },
    artifacts: { hash: 'h', catalogue: 's3://a/catalogue.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
  } as unknown as Lake);
  const lake = fakeLake({ startCluster: async () => ({ clusterId }), runStep });
  const events = await play(lake, async (handle) => {
    expect(await handle.result()).toMatchObject({ outcome: 'published' });
    return (await handle.fetchHistory()).events?.length ?? 0;
  });
  return { events, looked };
}

test('a step that is looked at 100,000 times leaves a history no longer than one that is looked at ten times', async () => {
  const short = await eventsOfARun(10);
  const long = await eventsOfARun(100_000);
  // And one look at each of the other three layers.
  expect([short.looked, long.looked]).toEqual([10 + 3, 100_000 + 3]);
  expect(long.events).toBeLessThanOrEqual(short.events);
});
