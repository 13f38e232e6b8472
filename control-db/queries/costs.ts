import type { Database } from './database.ts';

export type Instance = {
  instanceId: string;
  instanceType: string;
  market: 'on_demand' | 'spot';
  startedAt: Date;
  endedAt?: Date;
  /** US dollars an hour with EMR's surcharge; null when nobody told the price of this type. */
  usdHour: number | null;
};

/** What was seen of a cluster's instances. The price of the first time stays, and an end that was seen is not forgotten. */
export async function recordInstances(
  database: Database,
  clusterId: string,
  instances: readonly Instance[],
): Promise<void> {
  for (const one of instances) {
    await database.query(
      `insert into emr_instance (cluster_id, instance_id, instance_type, market, started_at, ended_at, usd_hour)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (cluster_id, instance_id) do update
         set ended_at = coalesce(excluded.ended_at, emr_instance.ended_at),
             usd_hour = coalesce(emr_instance.usd_hour, excluded.usd_hour)`,
      [clusterId, one.instanceId, one.instanceType, one.market, one.startedAt, one.endedAt, one.usdHour],
    );
  }
}

/** No instance of it runs any more, and all were recorded: nothing will change its cost. */
export async function costComplete(database: Database, clusterId: string): Promise<void> {
  await database.query(
    'update emr_cluster set cost_complete_at = coalesce(cost_complete_at, now()) where cluster_id = $1',
    [clusterId],
  );
}

/** Clusters whose cost is not final yet, oldest first. */
export async function clustersWithoutCost(database: Database, limit: number): Promise<string[]> {
  const { rows } = await database.query<{ cluster_id: string }>(
    'select cluster_id from emr_cluster where cost_complete_at is null order by asked_at limit $1',
    [limit],
  );
  return rows.map((row) => row.cluster_id);
}

export type RunCost = {
  run: number;
  /** Null when no instance of the run has a price. */
  usd: number | null;
  instanceHours: number;
  /** Hours of instances whose type has no price: the dollars lack them. */
  unpricedHours: number;
  /** Whether all its clusters have ended and were reckoned. */
  complete: boolean;
};

/** What a run cost until now; null when it had no cluster. */
export async function costOfRun(database: Database, run: number): Promise<RunCost | null> {
  const { rows } = await database.query<RunCost>(
    `select run::float8 as run, usd::float8 as usd, instance_hours::float8 as "instanceHours",
            coalesce(unpriced_hours, 0)::float8 as "unpricedHours", complete
     from run_cost where run = $1`,
    [run],
  );
  return rows[0] ?? null;
}
