import { CancellationScope, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { onCluster, startCluster } from './cluster.ts';
import { lake } from './steps.ts';
import type { RebuildRequest, RebuildResult } from './types.ts';

/**
 * Computes what is published anew from raw and compares row by row. It reads pinned snapshots alone and writes no table, so
 * that it does not ask for the lake: runs go on beside it.
 */
export async function rebuildVerify(request: RebuildRequest): Promise<RebuildResult> {
  const id = workflowInfo().runId;
  setCurrentDetails('pinning what is published');
  const {
    context,
    manifest,
    slots,
    expired = 0,
  } = await lake.writeRebuildManifest('pin what is published', { ...request, id });
  const own = { context, purpose: 'rebuild' } as const;
  try {
    setCurrentDetails(`slot ${context.slot}: starting the cluster`);
    const cluster = await startCluster('start the EMR cluster', own);
    setCurrentDetails(`slot ${context.slot}: computing anew and comparing`);
    await onCluster(cluster, (clusterId) =>
      lake.runStep('EMR step rebuild', { context, step: 'rebuild', clusterId, manifest }),
    );
  } finally {
    await CancellationScope.nonCancellable(() => lake.endCluster('end the cluster', own));
  }
  const { metricsUri, comparisons } = await lake.readComparisons('read what differs', { manifest });
  const equal = comparisons.every((one) => one.missing + one.extra + one.different + one.provenance === 0);
  setCurrentDetails(`slot ${context.slot}: ${equal ? 'equal' : 'different'}`);
  return { slot: context.slot, slots, equal, expired, comparisons, metricsUri };
}
