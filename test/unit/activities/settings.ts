import type { Settings } from '../../../activities/context.ts';
import type { RunContext } from '../../../workflows/types.ts';

export const context: RunContext = { run: 3, slot: '20260105T090000Z', attempt: 2, grant: 17, kind: 'scheduled' };

export const settings: Settings = {
  bucketPrefix: 'lake',
  athenaWorkGroup: 'primary',
  emr: {
    ...{ releaseLabel: 'emr-7.14.0', serviceRole: 'service', jobFlowRole: 'instance', coreInstances: 2 },
    ...{ primaryInstanceType: 'm6g.xlarge', coreInstanceType: 'r6g.2xlarge', idleTimeoutSeconds: 900 },
    ...{ taskInstanceTypes: ['r6g.2xlarge', 'r7g.2xlarge'], taskInstances: 6, spotTimeoutMinutes: 10 },
    ...{ stepTimeoutMinutes: 240, sparkDefaults: {}, subnetIds: [], tags: {} },
    prices: {
      'm6g.xlarge': { onDemand: 0.2, spot: 0.1, emr: 0.05 },
      'r6g.2xlarge': { onDemand: 0.4, spot: 0.2, emr: 0.1 },
    },
  },
  alerts: { notFinishedAfterHours: 3, silentSlots: 2, clusterHours: 6, runCostLimitUsd: 50 },
  pollSeconds: 0,
};
