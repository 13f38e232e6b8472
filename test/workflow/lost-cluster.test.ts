import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { LakeActivities } from '../../workflows/types.ts';
import { fakeLake, opened, PUBLICATION } from './fake-lake.ts';
import { failureOf, inOrder, onTimeSkippingServer, resultOf } from './play-run.ts';

const play = onTimeSkippingServer();

/** Clusters of which the first ones are lost while they run this step. */
function losing(lostStep: string, losses: number, more: Partial<LakeActivities> = {}) {
  const started: (number | undefined)[] = [];
  const ran: string[] = [];
  const recorded: string[] = [];
  const lake = fakeLake({
    startCluster: async ({ purpose, replacement }) => {
      started.push(replacement);
      return { clusterId: `j-${purpose}-${replacement ?? 0}` };
    },
    runStep: async ({ step, clusterId, manifest }) => {
      ran.push(`${step} on ${clusterId} by ${manifest}`);
      if (step === lostStep && Number(clusterId.at(-1)) < losses)
        throw ApplicationFailure.create({ type: 'ClusterLost', message: `${clusterId}: spot nodes were reclaimed` });
      return { stepId: `s-${step}` };
    },
    recordLayer: async ({ step, clusterId }) => {
      recorded.push(`${step} on ${clusterId}`);
      return { step, seconds: 1, tables: [], files: step === 'raw' ? { loaded: 2, refused: 0 } : null };
    },
    ...more,
  });
  return { lake, started, ran, recorded };
}

describe('a cluster that is lost', () => {
  test('is replaced, and the run goes on from the layer that was lost, by the same manifest', async () => {
    const { lake, started, ran, recorded } = losing('trusted', 1);
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published', publication: PUBLICATION });
    expect(started).toEqual([undefined, 1]);
    expect(ran).toEqual([
      'raw on j-run-0 by s3://controle/raw/manifest.json',
      'trusted on j-run-0 by s3://controle/trusted/manifest.json',
      'trusted on j-run-1 by s3://controle/trusted/manifest.json',
      'refined on j-run-1 by s3://controle/refined/manifest.json',
      'publish on j-run-1 by s3://controle/publish/manifest.json',
    ]);
    expect(recorded).toEqual(['raw on j-run-0', 'trusted on j-run-1', 'refined on j-run-1', 'publish on j-run-1']);
    expect(lake.calls.filter((call) => call === 'writeManifest trusted')).toHaveLength(1);
  });

  test('is replaced twice; the third loss fails the run, which says why and leaves no cluster', async () => {
    const { lake, started } = losing('raw', 3);
    expect(await play(lake, failureOf)).toMatchObject({ type: 'ClusterLost' });
    expect(started).toEqual([undefined, 1, 2]);
    inOrder(lake.calls, 'endCluster run', 'closeRun failed');
    expect(lake.closings[0]?.message).toContain('spot nodes were reclaimed');
  });

  test('counts over the whole run, not layer by layer', async () => {
    let losses = 0;
    const { lake, started } = losing('none', 0, {
      runStep: async ({ step }) => {
        losses += 1;
        if (losses % 2 === 1) throw ApplicationFailure.create({ type: 'ClusterLost', message: 'gone' });
        return { stepId: `s-${step}` };
      },
    });
    expect(await play(lake, failureOf)).toMatchObject({ type: 'ClusterLost' });
    expect(started).toEqual([undefined, 1, 2]);
  });

  test('in the middle of a publication is replaced too: the plan is completed', async () => {
    const { lake, started } = losing('publish', 2);
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published' });
    expect(started).toEqual([undefined, 1, 2]);
    inOrder(lake.calls, `completePublication ${PUBLICATION}`, 'endCluster run');
  });

  test('that completed a publication which was cut short is replaced by another small one', async () => {
    const of = { run: 1, slot: '20260102T090000Z', attempt: 2, grant: 1, kind: 'scheduled' } as const;
    const { lake, ran } = losing('publish', 1, {
      openRun: async (request) => opened(request, { cut: { publication: 3, of } }),
      detectDelivery: async () => ({ files: 0, accepted: 0, refused: 0, documents: 0, bytes: 0, tables: [] }),
    });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'empty' });
    expect(ran.map((step) => step.split(' by ')[0])).toEqual(['publish on j-publish-0', 'publish on j-publish-1']);
    inOrder(lake.calls, 'completePublication 3', 'endCluster publish');
  });

  test('is told of in the details of the run, with the cluster that took its place', async () => {
    const { lake } = losing('refined', 1);
    const { currentDetails } = await play(lake, async (handle) => {
      await handle.result();
      return handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    });
    expect(currentDetails).toContain('spot nodes were reclaimed; j-run-1 took its place');
    expect(currentDetails).toContain('cluster `j-run-1`');
  });
});
