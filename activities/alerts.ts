import { type ClusterSummary, type EMRClient, ListClustersCommand } from '@aws-sdk/client-emr';
import { Context, log, metricMeter } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { type Alert, deliverAlerts, type Found, type Incident, recordAlerts } from '../control-db/queries/alerts.ts';
import type { Database } from '../control-db/queries/database.ts';
import { controlState } from '../control-db/queries/incidents.ts';
import { DATA_LAKE_RUN_TYPE } from '../workflows/names.ts';
import { SCHEDULED_START } from '../workflows/search-attributes.ts';
import type { LakeActivities } from '../workflows/types.ts';
import { alertChannels, type Channel } from './alert-channels.ts';
import { type LakeState, type LivingCluster, lakeIncidents, type UnfinishedRun } from './alert-rules.ts';
import type { AlertSettings, Lake } from './context.ts';

/** The end of a run is when most is found; what nobody is left to find is the watchdog's. */
export function alertActivities(lake: Lake): Pick<LakeActivities, 'raiseAlerts'> {
  const { alerts } = lake.settings;
  const channels = alertChannels(lake.sns, alerts);
  return {
    async raiseAlerts() {
      const { client, info } = Context.current();
      const own = info.workflowExecution?.workflowId;
      const seen = await lookAround(client, lake.emr);
      const unfinished = seen.unfinished?.filter(({ workflowId }) => workflowId !== own) ?? null;
      const opened = await raise(lake.database, alerts, { ...seen, unfinished }, channels);
      const raised = metricMeter.createCounter('podlake_alerts_raised_total', undefined, 'Alerts that runs raised');
      for (const alert of opened.opened) {
        raised.add(1, { kind: alert.kind });
        log.warn(alert.summary, { kind: alert.kind, next: alert.command });
      }
      for (const problem of opened.problems) log.error(problem);
      return { opened: opened.opened.map(({ kind }) => kind) };
    },
  };
}

export type Raised = { opened: Alert[]; open: Incident[]; problems: string[] };
/** What is not in the control database. */
export type Seen = Pick<LakeState, 'unfinished' | 'clusters'>;

/**
 * Judges what goes on now, records it, and tells each channel what it does not know yet; `others` are incidents that the
 * caller found and judged itself.
 */
export async function raise(
  database: Database,
  settings: AlertSettings,
  seen: Seen,
  channels: readonly Channel[],
  others: Found = { incidents: [], judged: [] },
): Promise<Raised> {
  let open: Incident[] = [];
  const opened = await recordAlerts(
    database,
    async (client) => {
      const control = await controlState(client, settings.silentSlots);
      const found = lakeIncidents({ now: new Date(), control, ...seen }, settings);
      open = [...others.incidents, ...found.incidents];
      return { incidents: open, judged: [...others.judged, ...found.judged] };
    },
    channels.map(({ name }) => name),
  );
  const problems: string[] = [];
  for (const { name, send } of channels) {
    const { error } = await deliverAlerts(database, name, send);
    if (error !== null) problems.push(`the alerts could not be sent by ${name}, and will be again: ${error}`);
  }
  return { opened, open, problems };
}

/** What Temporal and EMR say; of one that does not answer, null. */
export async function lookAround(client: Client, emr: EMRClient): Promise<Seen> {
  const unknown = () => null;
  const [unfinished, clusters] = await Promise.all([
    unfinishedRuns(client).catch(unknown),
    livingClusters(emr).catch(unknown),
  ]);
  return { unfinished, clusters };
}

async function unfinishedRuns(client: Client): Promise<UnfinishedRun[]> {
  const found: UnfinishedRun[] = [];
  const query = `WorkflowType = '${DATA_LAKE_RUN_TYPE}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId, startTime, typedSearchAttributes } of client.workflow.list({ query }))
    found.push({ workflowId, slot: typedSearchAttributes.get(SCHEDULED_START) ?? startTime, startedAt: startTime });
  return found;
}

const ALIVE = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'] as const;

async function livingClusters(emr: EMRClient): Promise<LivingCluster[]> {
  const found: ClusterSummary[] = [];
  let Marker: string | undefined;
  do {
    const page = await emr.send(new ListClustersCommand({ ClusterStates: [...ALIVE], Marker }));
    found.push(...(page.Clusters ?? []));
    Marker = page.Marker;
  } while (Marker);
  return found.flatMap(({ Id, Name, Status }) => {
    const startedAt = Status?.Timeline?.CreationDateTime;
    return Id && Name?.startsWith('podlake') && startedAt ? [{ clusterId: Id, name: Name, startedAt }] : [];
  });
}
