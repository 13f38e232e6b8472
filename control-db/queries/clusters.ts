import type { Database } from './database.ts';

export async function recordCluster(
  database: Database,
  cluster: { clusterId: string; run: number; name: string; state: string; purpose: string },
): Promise<void> {
  await database.query(
    `insert into emr_cluster (cluster_id, run, name, state, purpose) values ($1, $2, $3, $4, $5)
     on conflict (cluster_id) do update set state = excluded.state`,
    [cluster.clusterId, cluster.run, cluster.name, cluster.state, cluster.purpose],
  );
}

/** The clusters that were recorded for a run and not yet recorded as ended. */
export async function openClusters(database: Database, run: number): Promise<string[]> {
  const { rows } = await database.query<{ cluster_id: string }>(
    'select cluster_id from emr_cluster where run = $1 and ended_at is null',
    [run],
  );
  return rows.map((row) => row.cluster_id);
}

/** `endedAt` is EMR's own instant, where it is known by now. */
export async function clusterEnded(
  database: Database,
  clusterId: string,
  state: string,
  endedAt?: Date,
): Promise<void> {
  await database.query(
    'update emr_cluster set state = $2, ended_at = coalesce($3, ended_at, now()) where cluster_id = $1',
    [clusterId, state, endedAt],
  );
}

export async function recordStep(
  database: Database,
  step: {
    stepId: string;
    clusterId: string;
    layer: string;
    name: string;
    state: string;
    startedAt?: Date;
    endedAt?: Date;
    logUri?: string;
  },
): Promise<void> {
  await database.query(
    `insert into emr_step (step_id, cluster_id, layer, name, state, started_at, ended_at, log_uri) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (step_id) do update set state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at,
       log_uri = coalesce(excluded.log_uri, emr_step.log_uri)`,
    [step.stepId, step.clusterId, step.layer, step.name, step.state, step.startedAt, step.endedAt, step.logUri],
  );
}
