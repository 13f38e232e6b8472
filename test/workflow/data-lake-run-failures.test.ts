import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { LakeActivities, RunContext } from '../../workflows/types.ts';
import { fakeLake, gate, opened, PUBLICATION, untilCancelled } from './fake-lake.ts';
import { detailsOf, failureOf, inOrder, onTimeSkippingServer, resultOf } from './play-run.ts';

const play = onTimeSkippingServer();

describe('a failure', () => {
  test('of an audit publishes nothing, ends the cluster and closes the run as failed with the audits', async () => {
    const failures = ['trusted.bureau: 9 % of the rows are bad', 'refined.taxa: no rows'];
    const lake = fakeLake({ judge: async () => ({ passed: false, failures, warnings: [] }) });
    const cause = await play(lake, failureOf);
    expect(cause).toMatchObject({ type: 'FailedAudit' });
    expect(lake.calls.slice(-5)).toEqual([
      'judge',
      'endCluster run',
      'closeRun failed',
      'exportControl',
      'raiseAlerts',
    ]);
    for (const failure of failures) expect(lake.closings[0]?.message).toContain(failure);
  });

  test('of a step is not retried, ends the cluster and tells its cause in the ledger of runs', async () => {
    const lake = fakeLake({
      runStep: async ({ step }) => {
        if (step === 'trusted') throw ApplicationFailure.create({ type: 'StepFailed', message: 'column "x" is gone' });
        return { stepId: `s-${step}` };
      },
    });
    const cause = await play(lake, failureOf);
    expect(cause).toMatchObject({ type: 'StepFailed', message: 'column "x" is gone' });
    inOrder(lake.calls, 'runStep raw', 'runStep trusted', 'endCluster run', 'closeRun failed');
    expect(lake.closings).toEqual([{ outcome: 'failed', message: 'column "x" is gone' }]);
  });

  test.each(['LostGrant', 'BadRequest', 'PublicationConflict', 'Bug'])('of type %s is not retried', async (type) => {
    const lake = fakeLake({
      planPublication: async () => {
        throw ApplicationFailure.create({ type, message: 'not this way' });
      },
    });
    expect(await play(lake, failureOf)).toMatchObject({ type });
    inOrder(lake.calls, 'planPublication', 'endCluster run', 'closeRun failed');
  });

  test('that passes after three hours delays the run and does not fail it', async () => {
    const hours = 3 * 3_600_000;
    const lake = fakeLake({
      startCluster: async ({ purpose }) => {
        const { currentAttemptScheduledTimestampMs: now, scheduledTimestampMs: first } = Context.current().info;
        if (now - first < hours) throw new Error('ThrottlingException: Rate exceeded');
        return { clusterId: `j-${purpose}` };
      },
    });
    const { result, lasted } = await play(lake, async (handle) => {
      const result = await handle.result();
      const { startTime, closeTime } = await handle.describe();
      return { result, lasted: (closeTime?.getTime() ?? 0) - startTime.getTime() };
    });
    expect(result).toMatchObject({ outcome: 'published' });
    expect(lasted).toBeGreaterThanOrEqual(hours);
    // With pauses that grow to two minutes, three hours are about a hundred tries, not thousands.
    expect(lake.calls.filter((call) => call === 'startCluster run').length).toBeLessThan(120);
  });

  test('of the verification in Athena takes nothing back: published, unconfirmed', async () => {
    const differences = ['refined.taxa_dados: Athena counts 3, 4 rows were written'];
    const lake = fakeLake({ verifyPublication: async () => ({ confirmed: false, differences }) });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published_unconfirmed', publication: PUBLICATION });
    expect(lake.calls).not.toContain(`confirmPublication ${PUBLICATION}`);
    expect(lake.calls.slice(-3)).toEqual(['closeRun published_unconfirmed', 'exportControl', 'raiseAlerts']);
  });

  test('of Athena itself is tried for a while only: published, unconfirmed', async () => {
    const lake = fakeLake({
      verifyPublication: async () => {
        throw new Error('Athena: query exhausted resources');
      },
    });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published_unconfirmed' });
    const tries = lake.calls.filter((call) => call === `verifyPublication ${PUBLICATION}`).length;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(10);
  });

  test('of the export takes nothing back and is tried for a while only: the run ends as it was closed, and says so', async () => {
    const lake = fakeLake({
      exportControl: async () => {
        throw new Error('S3 says 503');
      },
    });
    const { result, details } = await play(lake, async (handle) => {
      const result = await handle.result();
      return { result, details: await detailsOf(handle) };
    });
    expect(result).toMatchObject({ outcome: 'published', publication: PUBLICATION });
    expect(details).toMatch(/control tables were not exported.*S3 says 503/);
    const tries = lake.calls.filter((call) => call === 'exportControl').length;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(10);
  });
});

describe('cancellation', () => {
  test('while waiting for the lake opens no run', async () => {
    const asked = gate();
    const lake = fakeLake({
      enterLakeQueue: async () => {
        void asked.wait();
      },
    });
    const cause = await play(lake, async (handle) => {
      await asked.reached;
      await handle.cancel();
      return failureOf(handle);
    });
    expect(cause).toBeInstanceOf(CancelledFailure);
    expect(lake.calls).toEqual(['enterLakeQueue']);
  });

  test('before the plan ends the cluster and closes the run as cancelled', async () => {
    const working = gate();
    const lake = fakeLake({
      runStep: async () => {
        void working.wait();
        return untilCancelled();
      },
    });
    const { cause, status } = await play(lake, async (handle) => {
      await working.reached;
      await handle.cancel();
      const cause = await failureOf(handle);
      return { cause, status: (await handle.describe()).status.name };
    });
    expect(cause).toBeInstanceOf(CancelledFailure);
    expect(status).toBe('CANCELLED');
    expect(lake.calls.slice(-5)).toEqual([
      'runStep raw',
      'endCluster run',
      'closeRun cancelled',
      'exportControl',
      'raiseAlerts',
    ]);
  });

  test('while the cluster is being started ends whatever cluster of that name there is', async () => {
    const starting = gate();
    const lake = fakeLake({
      startCluster: async () => {
        void starting.wait();
        return untilCancelled();
      },
    });
    await play(lake, async (handle) => {
      await starting.reached;
      await handle.cancel();
      await failureOf(handle);
    });
    expect(lake.calls.slice(-4)).toEqual(['endCluster run', 'closeRun cancelled', 'exportControl', 'raiseAlerts']);
  });

  test('during the publication waits until it is complete, and the run ends as published', async () => {
    const moving = gate();
    const lake = fakeLake({
      runStep: async ({ step }) => {
        if (step === 'publish') await moving.wait();
        return { stepId: `s-${step}` };
      },
    });
    const result = await play(lake, async (handle) => {
      await moving.reached;
      await handle.cancel();
      moving.open();
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'published', publication: PUBLICATION });
    inOrder(
      lake.calls,
      ...['runStep publish', `announcePublication ${PUBLICATION}`, `completePublication ${PUBLICATION}`],
      ...['endCluster run', 'closeRun published'],
    );
  });
});

describe('a publication that was cut short', () => {
  const of: RunContext = { run: 1, slot: '20260102T090000Z', attempt: 2, grant: 1, kind: 'scheduled' };
  const openRun: LakeActivities['openRun'] = async (request) => opened(request, { cut: { publication: 3, of } });

  test('is completed on a small cluster, as its own run, before anything else of the lake is touched', async () => {
    const published: RunContext[] = [];
    const lake = fakeLake({
      openRun,
      runStep: async ({ context, step }) => {
        if (step === 'publish') published.push(context);
        return { stepId: `s-${step}` };
      },
    });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published', publication: PUBLICATION });
    expect(lake.calls.slice(2, 11)).toEqual([
      'endOlderClusters',
      'startCluster publish',
      'writeManifest publish',
      'runStep publish',
      'recordLayer publish',
      'announcePublication 3',
      'completePublication 3',
      'endCluster publish',
      'detectDelivery',
    ]);
    expect(published[0]).toEqual(of);
  });

  test('that cannot be completed fails the run before it claims a file, and leaves no cluster', async () => {
    const lake = fakeLake({
      openRun,
      runStep: async () => {
        throw ApplicationFailure.create({ type: 'StepFailed', message: 'main is elsewhere' });
      },
    });
    await play(lake, failureOf);
    expect(lake.calls.slice(-4)).toEqual(['endCluster publish', 'closeRun failed', 'exportControl', 'raiseAlerts']);
    expect(lake.calls).not.toContain('detectDelivery');
    expect(lake.calls).not.toContain('completePublication 3');
  });
});

describe('when nobody can be told', () => {
  const failing = (type: string, message: string) => async () => {
    throw ApplicationFailure.create({ type, message });
  };
  const silent = { raiseAlerts: failing('Bug', 'the webhook is away') };

  test('a published run stays published', async () => {
    const lake = fakeLake(silent);
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published' });
    expect(lake.calls.at(-1)).toBe('raiseAlerts');
  });

  test('a failed run fails with its own cause', async () => {
    const lake = fakeLake({ ...silent, runStep: failing('StepFailed', 'a column is gone') });
    expect((await play(lake, failureOf))?.message).toBe('a column is gone');
    expect(lake.closings).toHaveLength(1);
  });
});
