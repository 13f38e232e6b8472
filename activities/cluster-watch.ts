import { type ClusterState, type ClusterSummary, ListClustersCommand } from '@aws-sdk/client-emr';
import type { Lake } from './context.ts';

/** States in which a cluster runs no step: what was running on it has ended, or is being ended. */
const AT_REST: ClusterState[] = ['WAITING', 'TERMINATING'];

export async function listClusters(lake: Pick<Lake, 'emr'>, ClusterStates: ClusterState[]): Promise<ClusterSummary[]> {
  const found: ClusterSummary[] = [];
  let Marker: string | undefined;
  do {
    const page = await lake.emr.send(new ListClustersCommand({ ClusterStates, Marker }));
    found.push(...(page.Clusters ?? []));
    Marker = page.Marker;
  } while (Marker);
  return found;
}

/**
 * One look at EMR for all steps that this worker watches. EMR allows a call of each kind every other second in the whole
 * account; steps that each asked for themselves would use that up at a few dozen runs.
 */
export class ClusterWatch {
  private readonly lake: Pick<Lake, 'emr'>;
  private look: { at: number; atRest: Promise<Set<string>> } | null = null;

  constructor(lake: Pick<Lake, 'emr'>) {
    this.lake = lake;
  }

  /** Whether nothing runs on the cluster, as seen at most so many milliseconds ago. */
  async isAtRest(clusterId: string, maxAge: number): Promise<boolean> {
    const now = performance.now();
    if (!this.look || now - this.look.at >= maxAge) this.look = { at: now, atRest: this.atRest() };
    const { look } = this;
    try {
      return (await look.atRest).has(clusterId);
    } catch (error) {
      if (this.look === look) this.look = null;
      throw error;
    }
  }

  private async atRest(): Promise<Set<string>> {
    return new Set((await listClusters(this.lake, AT_REST)).map(({ Id }) => Id ?? ''));
  }
}
