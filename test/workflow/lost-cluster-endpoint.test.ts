import { ListClustersCommand, ListStepsCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities, type Lake } from '../../activities/index.ts';
import { costOfRun } from '../../control-db/queries/costs.ts';
import { startTestPostgres, type TestPostgres } from '../postgres.ts';
import { settings } from '../unit/activities/settings.ts';
import { open } from '../unit/control-db/delivered.ts';
import { type EmrEndpoint, startEmrEndpoint } from './emr-endpoint.ts';
import { fakeLake } from './fake-lake.ts';
import { onTimeSkippingServer } from './play-run.ts';

const SLOT = '2026-01-05T09:00:00Z';
const play = onTimeSkippingServer();
let endpoint: EmrEndpoint;
let postgres: TestPostgres;
beforeAll(async () => {
  [endpoint, postgres] = await Promise.all([startEmrEndpoint(), startTestPostgres()]);
});
afterAll(() => Promise.all([endpoint?.stop(), postgres?.stop()]));

async function clustersAndSteps() {
  const { Clusters = [] } = await endpoint.aws.emr.send(new ListClustersCommand({}));
  const found = Clusters.reverse().map(async ({ Id = '', Name = '' }) => {
    const { Steps = [] } = await endpoint.aws.emr.send(new ListStepsCommand({ ClusterId: Id }));
    const steps = Steps.reverse().map((step) => `${step.Name?.split(' ')[2]} ${step.Status?.State}`);
    return { id: Id, name: Name, steps };
  });
  return Promise.all(found);
}

/** Ends the first cluster once trusted runs on it. */
async function endTheCluster(): Promise<void> {
  const running = async () => {
    const [cluster] = await clustersAndSteps();
    return cluster?.steps.includes('trusted RUNNING') ? cluster.id : '';
  };
  const id = await expect.poll(running, { timeout: 20_000, interval: 50 }).not.toBe('').then(running);
  await endpoint.aws.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
}

test('a cluster that EMR ends while trusted runs is replaced: raw is not repeated, all are ended, and both are paid for', async () => {
  const { run } = await open(postgres.database, SLOT, 'a');
  const { config, aws } = endpoint;
  const { startCluster, runStep, endCluster } = createActivities({
    ...{ ...aws, database: postgres.database },
    artifacts: { hash: 'h', catalogue: 's3://a/catalogue.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
    settings: { ...settings, emr: config.emr, pollSeconds: 0.05 },
  } as unknown as Lake);
  const lake = fakeLake({
    ...{ startCluster, runStep, endCluster },
    writeManifest: async ({ step }) => ({ manifest: `s3://lake-controle/runs/${step}/manifest.json` }),
  });

  const result = await play(
    lake,
    async (handle) => {
      await endTheCluster();
      return handle.result();
    },
    new Date(SLOT),
  );

  expect(result).toMatchObject({ outcome: 'published' });
  const name = 'podlake 20260105T090000Z attempt 1';
  expect(await clustersAndSteps()).toMatchObject([
    { name, steps: ['raw COMPLETED', 'trusted INTERRUPTED'] },
    { name: `${name} replacement 1`, steps: ['trusted COMPLETED', 'refined COMPLETED', 'publish COMPLETED'] },
  ]);
  const { rows } = await postgres.database.query(
    `select count(distinct cluster_id)::int as clusters, count(*)::int as instances, count(usd_hour)::int as priced
     from emr_instance join emr_cluster using (cluster_id) where run = $1 and emr_cluster.ended_at is not null`,
    [run],
  );
  // A primary node, two core nodes and the first task node each.
  expect(rows).toEqual([{ clusters: 2, instances: 8, priced: 8 }]);
  expect((await costOfRun(postgres.database, run))?.usd).toBeGreaterThan(0);
}, 60_000);
