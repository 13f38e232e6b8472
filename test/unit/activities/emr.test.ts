import type { ClusterStateChangeReason } from '@aws-sdk/client-emr';
import type { S3Client } from '@aws-sdk/client-s3';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ClusterWatch } from '../../../activities/cluster-watch.ts';
import type { Lake } from '../../../activities/context.ts';
import { clusterName, emrActivities, stepName } from '../../../activities/emr.ts';
import { FakeEmr, setState } from './fake-emr.ts';
import { context, settings } from './settings.ts';

let emr: FakeEmr;
let rows: unknown[][];
/** The grant of whoever may write the lake, each time that it is asked for. */
let newestGrant: () => number;
let progress: object | null;
let onProgress: () => void;
let environment: MockActivityEnvironment;
let heartbeats: unknown[];

beforeEach(() => {
  emr = new FakeEmr();
  rows = [];
  newestGrant = () => context.grant;
  progress = null;
  onProgress = () => undefined;
  heartbeats = [];
  environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR', () => undefined) });
  environment.on('heartbeat', (details) => heartbeats.push(details));
});

function activities(changes: Partial<Lake['settings']['emr']> = {}) {
  const send = async () => {
    onProgress();
    if (progress === null) throw Object.assign(new Error('none'), { name: 'NoSuchKey' });
    return { Body: { transformToString: async () => JSON.stringify(progress) } };
  };
  const query = async (sql: string, values: unknown[]) => {
    if (sql.includes('from lake_grant')) return { rows: [{ newest: String(newestGrant()) }] };
    rows.push(values);
    return { rows: [] };
  };
  const lake = {
    ...{ emr: emr.client('emr'), emrOnce: emr.client('once') },
    ...{ s3: { send } as unknown as S3Client, database: { query } },
    artifacts: { hash: 'h', catalogue: 's3://a/catalogue.json', jobs: 's3://a/jobs.zip', main: 's3://a/main.py' },
    settings: { ...settings, emr: { ...settings.emr, ...changes } },
  } as unknown as Lake;
  return emrActivities(lake);
}

const RUN = clusterName(context, 'run');
const startCluster = () => environment.run(activities().startCluster, { context, purpose: 'run' as const });

describe('starting a cluster', () => {
  test('makes one of a name that slot and attempt give, without retries of the SDK', async () => {
    expect(await startCluster()).toEqual({ clusterId: 'j-1' });
    expect(emr.clusters.map(({ Name }) => Name)).toEqual([RUN]);
    expect(emr.sent).toEqual(['emr ListClusters', 'once RunJobFlow', 'emr ListClusters']);
    expect(RUN).toContain('20260105T090000Z attempt 2');
  });

  test('again, after dying at any line, finds the one that is there and records it again', async () => {
    const first = await startCluster();
    expect(await startCluster()).toEqual(first);
    expect(emr.times('RunJobFlow')).toBe(1);
    expect(rows).toEqual([
      ['j-1', 3, RUN, 'STARTING', 'run'],
      ['j-1', 3, RUN, 'STARTING', 'run'],
    ]);
  });

  test('looks on every page of the list', async () => {
    emr.addCluster(RUN, 'WAITING');
    for (let other = 0; other < 3; other += 1) emr.addCluster('of somebody else', 'RUNNING');
    expect(await startCluster()).toEqual({ clusterId: 'j-1' });
    expect(emr.times('RunJobFlow')).toBe(0);
  });

  test('does not take up a cluster of that name that is gone', async () => {
    emr.addCluster(RUN, 'TERMINATED_WITH_ERRORS');
    expect(await startCluster()).toEqual({ clusterId: 'j-2' });
  });

  test('of which two were made keeps the oldest and ends the other', async () => {
    emr.copies = 2;
    expect(await startCluster()).toEqual({ clusterId: 'j-1' });
    expect([emr.stateOf('j-1'), emr.stateOf('j-2')]).toEqual(['STARTING', 'TERMINATED']);
  });

  test('in the place of a lost one has a name of its own, also while that one is still listed', async () => {
    await startCluster();
    const replace = (replacement: number) =>
      environment.run(activities().startCluster, { context, purpose: 'run' as const, replacement });
    expect(await replace(1)).toEqual({ clusterId: 'j-2' });
    expect(await replace(1)).toEqual({ clusterId: 'j-2' });
    expect(await replace(2)).toEqual({ clusterId: 'j-3' });
    expect(new Set(emr.clusters.map(({ Name }) => Name)).size).toBe(3);
  });

  test('that EMR does not list yet fails so that it is tried again', async () => {
    emr.copies = 0;
    await expect(startCluster()).rejects.toThrow('not listed yet');
    await expect(startCluster()).rejects.not.toHaveProperty('nonRetryable', true);
  });
});

describe('whoever lost the lake', () => {
  const lost = { type: 'LostGrant', nonRetryable: true };

  test('starts no cluster', async () => {
    newestGrant = () => context.grant + 1;
    await expect(startCluster()).rejects.toMatchObject(lost);
    expect(emr.clusters).toEqual([]);
  });

  test('while a cluster was started ends that, which the next holder may have missed', async () => {
    newestGrant = () => context.grant + Math.min(1, emr.clusters.length);
    await expect(startCluster()).rejects.toMatchObject(lost);
    expect(emr.clusters.map(({ Status }) => Status?.State)).toEqual(['TERMINATED']);
    expect(rows).toEqual([]);
  });

  test('keeps a cluster that was started when the database cannot say who has the lake', async () => {
    newestGrant = () => {
      if (emr.clusters.length > 0) throw new Error('the database restarts');
      return context.grant;
    };
    await expect(startCluster()).rejects.toThrow('the database restarts');
    expect(emr.stateOf('j-1')).toBe('STARTING');
  });

  test('adds no step, also of a publication that was planned under an older grant', async () => {
    const clusterId = emr.addCluster(RUN, 'WAITING');
    const of = { ...context, grant: context.grant - 5 };
    const publish = { context: of, step: 'publish' as const, clusterId, manifest: 's3://m/manifest.json' };
    const runStep = () => environment.run(activities().runStep, { ...publish, grant: context.grant });
    newestGrant = () => context.grant + 1;
    await expect(runStep()).rejects.toMatchObject(lost);
    expect(emr.steps).toEqual([]);
    newestGrant = () => context.grant;
    await expect(runStep()).resolves.toEqual({ stepId: 's-1' });
  });

  test('ends cluster of the newer run', async () => {
    const newer = emr.addCluster(clusterName({ ...context, slot: '20260105T210000Z' }, 'run'), 'RUNNING');
    newestGrant = () => context.grant + 1;
    await expect(environment.run(activities().endOlderClusters, context)).rejects.toMatchObject(lost);
    expect(emr.stateOf(newer)).toBe('RUNNING');
  });

  test('may compute anew what is published: a rebuild needs no grant', async () => {
    newestGrant = () => context.grant + 1;
    const rebuild = environment.run(activities().startCluster, { context, purpose: 'rebuild' as const });
    await expect(rebuild).resolves.toEqual({ clusterId: 'j-1' });
  });
});

describe('ending clusters', () => {
  test('of older grants leaves the own ones and those of other people', async () => {
    const older = { ...context, slot: '20260102T210000Z' };
    for (const name of [clusterName(older, 'run'), clusterName(older, 'publish'), RUN, 'of somebody else'])
      emr.addCluster(name, 'RUNNING');
    const { ended } = (await environment.run(activities().endOlderClusters, context)) as { ended: string[] };
    expect([...ended].sort()).toEqual([clusterName(older, 'run'), clusterName(older, 'publish')].sort());
    expect(emr.clusters.map(({ Status }) => Status?.State)).toEqual(['TERMINATED', 'TERMINATED', 'RUNNING', 'RUNNING']);
  });

  test('of older grants leaves a rebuild alone, which writes no table', async () => {
    emr.addCluster(clusterName({ ...context, slot: '20260102T210000Z' }, 'rebuild'), 'RUNNING');
    await environment.run(activities().endOlderClusters, context);
    expect(emr.stateOf('j-1')).toBe('RUNNING');
  });

  test('of an older attempt at the same slot too', async () => {
    emr.addCluster(clusterName({ ...context, attempt: 1 }, 'run'), 'RUNNING');
    await environment.run(activities().endOlderClusters, context);
    expect(emr.stateOf('j-1')).toBe('TERMINATED');
  });

  test('ends those too that took the place of a lost one, and no taking over of the own run ends them', async () => {
    const replacement = emr.addCluster(clusterName(context, 'run', 1), 'RUNNING');
    await environment.run(activities().endOlderClusters, context);
    expect(emr.stateOf(replacement)).toBe('RUNNING');
    await environment.run(activities().endCluster, { context, purpose: 'run' as const });
    expect(emr.stateOf(replacement)).toBe('TERMINATED');
  });

  test('of a run leaves that of its publication alone', async () => {
    const publish = emr.addCluster(clusterName(context, 'publish'), 'RUNNING');
    await environment.run(activities().endCluster, { context, purpose: 'run' as const });
    expect(emr.stateOf(publish)).toBe('RUNNING');
  });

  test('twice does no harm, and the state is written down', async () => {
    const clusterId = emr.addCluster(RUN, 'WAITING');
    for (let time = 0; time < 2; time += 1) {
      await environment.run(activities().endCluster, { context, purpose: 'run' as const });
    }
    expect(emr.stateOf(clusterId)).toBe('TERMINATED');
    expect(rows).toContainEqual([clusterId, 'TERMINATED', undefined]);
  });
});

describe('a step', () => {
  const STEP = stepName(context, 'trusted');
  let clusterId: string;
  beforeEach(() => {
    clusterId = emr.addCluster(RUN, 'WAITING');
  });
  const runStep = (changes: Partial<Lake['settings']['emr']> = {}) =>
    environment.run(activities(changes).runStep, {
      context,
      step: 'trusted' as const,
      clusterId,
      manifest: 's3://m/manifest.json',
    });

  test('is added once, without retries of the SDK, and watched to its end', async () => {
    let looks = 0;
    emr.onDescribeStep = (step) => {
      looks += 1;
      setState(step, ['PENDING', 'RUNNING', 'COMPLETED'][Math.min(looks - 1, 2)] ?? '');
    };
    expect(await runStep()).toEqual({ stepId: 's-1' });
    expect(emr.sent.filter((sent) => sent.endsWith('AddJobFlowSteps'))).toEqual(['once AddJobFlowSteps']);
    expect(heartbeats).toMatchObject(['PENDING', 'RUNNING', 'COMPLETED'].map((state) => ({ stepId: 's-1', state })));
    expect(rows.map((row) => row.slice(0, 5))).toEqual([['s-1', clusterId, 'trusted', STEP, 'COMPLETED']]);
  });

  test('that is running when its worker dies is taken up by the next attempt', async () => {
    emr.addStep(stepName(context, 'raw'), 'COMPLETED');
    emr.addStep(STEP, 'RUNNING');
    expect(await runStep()).toEqual({ stepId: 's-2' });
    expect(emr.times('AddJobFlowSteps')).toBe(0);
  });

  test('of another attempt at the slot is not taken for this one', async () => {
    emr.addStep(stepName({ ...context, attempt: 1 }, 'trusted'), 'COMPLETED');
    expect(await runStep()).toEqual({ stepId: 's-2' });
  });

  test('that was added twice runs once: the oldest stays, the other is cancelled', async () => {
    emr.copies = 2;
    expect(await runStep()).toEqual({ stepId: 's-1' });
    expect([emr.stateOf('s-1'), emr.stateOf('s-2')]).toEqual(['COMPLETED', 'CANCELLED']);
  });

  test('shows by heartbeats how far Spark is', async () => {
    const tables = [{ table: 'bureau', state: 'running', rows: 5, seconds: null }];
    progress = { tables };
    await runStep();
    expect(heartbeats).toMatchObject([{ layer: 'trusted', clusterId, stepId: 's-1', tables }]);
  });

  test.each(['FAILED', 'CANCELLED', 'INTERRUPTED'])(
    'that ends as %s fails for good with cause and log',
    async (state) => {
      const FailureDetails = { Reason: 'Unknown', Message: 'column "x" is gone', LogFile: 's3://log/stderr.gz' };
      emr.onDescribeStep = (step) => setState(step, state, { FailureDetails });
      const running = runStep();
      await expect(running).rejects.toMatchObject({ type: 'StepFailed', nonRetryable: true });
      for (const word of ['trusted', context.slot, state, 'column "x" is gone', 's3://log/stderr.gz'])
        await expect(running).rejects.toThrow(word);
      expect(rows).toMatchObject([
        ['s-1', clusterId, 'trusted', STEP, state, undefined, undefined, 's3://log/stderr.gz'],
      ]);
    },
  );

  const lost = { FailureDetails: { Message: "The step's process was ended by signal 9. It wrote nothing to stderr." } };

  test('whose process was killed is repeated once, when EMR says that it ended', async () => {
    emr.onDescribeStep = (step) => (step.Id === 's-1' ? setState(step, 'FAILED', lost) : setState(step, 'COMPLETED'));
    expect(await runStep()).toEqual({ stepId: 's-2' });
    expect(emr.steps.map(({ Name }) => Name)).toEqual([STEP, stepName(context, 'trusted', true)]);
    expect(rows.map((row) => [row[0], row[4]])).toEqual([
      ['s-1', 'FAILED'],
      ['s-2', 'COMPLETED'],
    ]);
  });

  test('that is running its second try is taken up by the next attempt, not tried a third time', async () => {
    emr.addStep(STEP, 'FAILED');
    emr.addStep(stepName(context, 'trusted', true), 'RUNNING');
    emr.onDescribeStep = (step) => (step.Id === 's-1' ? setState(step, 'FAILED', lost) : setState(step, 'COMPLETED'));
    expect(await runStep()).toEqual({ stepId: 's-2' });
    expect(emr.times('AddJobFlowSteps')).toBe(0);
  });

  test('whose second try is killed too fails for good and tells of both', async () => {
    emr.onDescribeStep = (step) => setState(step, 'FAILED', lost);
    const running = runStep();
    await expect(running).rejects.toMatchObject({ type: 'StepFailed', nonRetryable: true });
    await expect(running).rejects.toThrow('second try; the first');
    expect(emr.steps).toHaveLength(2);
  });

  const gone = (State: string, StateChangeReason: ClusterStateChangeReason) => {
    const [cluster] = emr.clusters;
    if (cluster) cluster.Status = { ...cluster.Status, State, StateChangeReason } as typeof cluster.Status;
  };

  test.each(['RUNNING', 'CANCELLED', 'INTERRUPTED'])(
    'that is %s when its cluster is gone is lost with it: another cluster may do it',
    async (state) => {
      emr.onDescribeStep = (step) => {
        setState(step, state);
        gone('TERMINATED_WITH_ERRORS', { Code: 'INSTANCE_FAILURE', Message: 'the primary instance was lost' });
      };
      const running = runStep();
      await expect(running).rejects.toMatchObject({ type: 'ClusterLost', nonRetryable: true });
      await expect(running).rejects.toThrow('the primary instance was lost');
      expect(emr.steps).toHaveLength(1);
    },
  );

  test('is lost only once its cluster has ended for good, so that nothing of it writes beside the next one', async () => {
    emr.onDescribeStep = (step) => {
      setState(step, 'INTERRUPTED');
      gone('TERMINATING', { Message: 'an instance was lost' });
    };
    let looks = 0;
    emr.onDescribeCluster = () => {
      looks += 1;
      if (looks === 5) gone('TERMINATED_WITH_ERRORS', { Message: 'an instance was lost' });
    };
    await expect(runStep()).rejects.toMatchObject({ type: 'ClusterLost' });
    expect(emr.stateOf(clusterId)).toBe('TERMINATED_WITH_ERRORS');
  });

  test('is not asked of a cluster that ended while nobody was there, as an idle one does', async () => {
    gone('TERMINATED', { Code: 'ALL_STEPS_COMPLETED', Message: 'Auto-terminated' });
    await expect(runStep()).rejects.toMatchObject({ type: 'ClusterLost' });
    expect(emr.times('AddJobFlowSteps')).toBe(0);
  });

  test('that was done before its cluster ended is done', async () => {
    emr.addStep(STEP, 'COMPLETED');
    gone('TERMINATED', { Code: 'ALL_STEPS_COMPLETED', Message: 'Auto-terminated' });
    expect(await runStep()).toEqual({ stepId: 's-1' });
  });

  test('that failed by its own fault is not lost, whatever became of its cluster', async () => {
    emr.onDescribeStep = (step) => {
      setState(step, 'FAILED', { FailureDetails: { Message: 'column "x" is gone' } });
      gone('TERMINATED', { Code: 'ALL_STEPS_COMPLETED', Message: 'Auto-terminated' });
    };
    await expect(runStep()).rejects.toMatchObject({ type: 'StepFailed' });
  });

  test.each(['VALIDATION_ERROR', 'BOOTSTRAP_FAILURE'] as const)(
    'of a cluster that ended by %s fails for good: another one would end the same',
    async (Code) => {
      emr.onDescribeStep = (step) => {
        setState(step, 'CANCELLED');
        gone('TERMINATED_WITH_ERRORS', { Code, Message: 'no such subnet' });
      };
      const running = runStep();
      await expect(running).rejects.toMatchObject({ type: 'StepFailed', nonRetryable: true });
      await expect(running).rejects.toThrow('no such subnet');
    },
  );

  test('is cancelled on EMR when its run is cancelled', async () => {
    emr.onDescribeStep = (step) => {
      setState(step, 'RUNNING');
      environment.cancel();
    };
    await expect(runStep()).rejects.toBeInstanceOf(CancelledFailure);
    expect(emr.stateOf('s-1')).toBe('CANCELLED');
  });

  test.each([
    ['WORKER_SHUTDOWN', { workerShutdown: true }],
    ['TIMED_OUT', { timedOut: true }],
    ['NOT_FOUND', { notFound: true }],
  ] as const)('goes on for the next attempt when the activity is cancelled because of %s', async (reason, details) => {
    emr.onDescribeStep = (step) => {
      setState(step, 'RUNNING');
      environment.cancel(reason, new ActivityCancellationDetails(details));
    };
    await expect(runStep()).rejects.toBeInstanceOf(CancelledFailure);
    expect(emr.stateOf('s-1')).toBe('RUNNING');
  });

  test('is not taken for one that runs too long when the clock jumps, as after a laptop slept', async () => {
    let looks = 0;
    emr.onDescribeStep = (step) => {
      looks += 1;
      if (looks === 1) vi.setSystemTime(Date.now() + 24 * 3_600_000);
      setState(step, looks === 1 ? 'RUNNING' : 'COMPLETED');
    };
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      expect(await runStep()).toEqual({ stepId: 's-1' });
    } finally {
      vi.useRealTimers();
    }
  });

  test('that runs longer than it may is cancelled on EMR and fails for good', async () => {
    emr.onDescribeStep = (step) => setState(step, 'RUNNING');
    const running = runStep({ stepTimeoutMinutes: -1 });
    await expect(running).rejects.toMatchObject({ type: 'StepFailed', nonRetryable: true });
    expect(emr.stateOf('s-1')).toBe('CANCELLED');
  });
});

describe('how often EMR is asked', () => {
  /** A step that ends at that look of EMR at it, or with its cluster's coming to rest after so many readings of its progress. */
  async function watched(changes: { endsAtLook?: number; restsAfter?: number }) {
    const clusterId = emr.addCluster(RUN, 'RUNNING');
    let looks = 0;
    emr.onDescribeStep = (step) => {
      looks += 1;
      const over = looks === changes.endsAtLook || emr.stateOf(clusterId) === 'WAITING';
      setState(step, over ? 'COMPLETED' : 'RUNNING');
    };
    let readings = 0;
    onProgress = () => {
      readings += 1;
      const [cluster] = emr.clusters;
      if (cluster && readings === changes.restsAfter) setState(cluster, 'WAITING');
    };
    const request = { context, step: 'trusted' as const, clusterId, manifest: 's3://m/manifest.json' };
    await environment.run(activities().runStep, request);
    return { readings, looks };
  }

  test('of a step that works: rarely, while its progress is read at every look', async () => {
    const { readings, looks } = await watched({ endsAtLook: 4 });
    expect(looks).toBe(4);
    expect(readings).toBe(61);
    expect(emr.times('DescribeCluster')).toBeLessThan(10);
  });

  test('at once when its cluster has come to rest', async () => {
    expect(await watched({ restsAfter: 7 })).toEqual({ readings: 8, looks: 2 });
  });

  test('is no more for a hundred steps of one worker than for one', async () => {
    const watch = new ClusterWatch({ emr: emr.client('emr') });
    const resting = emr.addCluster(RUN, 'WAITING');
    const others = Array.from({ length: 99 }, () => emr.addCluster(RUN, 'RUNNING'));
    const seen = await Promise.all([resting, ...others].map((id) => watch.isAtRest(id, 60_000)));
    expect(seen).toEqual([true, ...others.map(() => false)]);
    expect(emr.times('ListClusters')).toBe(1);
  });

  test('a look that failed is not kept for the others', async () => {
    const watch = new ClusterWatch({ emr: emr.client('emr') });
    const resting = emr.addCluster(RUN, 'WAITING');
    emr.fails.add('ListClusters');
    await expect(watch.isAtRest(resting, 60_000)).rejects.toThrow('Rate exceeded');
    emr.fails.clear();
    expect(await watch.isAtRest(resting, 60_000)).toBe(true);
  });
});

test('a second rebuild of a slot has a step of its own, also on a cluster that the first left over', async () => {
  const clusterId = emr.addCluster(clusterName(context, 'rebuild'), 'WAITING');
  const rebuild = (id: string) => {
    const manifest = `s3://controle/rebuild/${id}/manifest.json`;
    return environment.run(activities().runStep, { context, step: 'rebuild' as const, clusterId, manifest });
  };
  expect(await rebuild('a')).toEqual({ stepId: 's-1' });
  expect(await rebuild('b')).toEqual({ stepId: 's-2' });
  expect(await rebuild('a')).toEqual({ stepId: 's-1' });
});
