import type { EMRClient } from '@aws-sdk/client-emr';
import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { alertChannels, type Channel } from '../activities/alert-channels.ts';
import { counted, incident, short } from '../activities/alert-rules.ts';
import { lookAround, raise, type Seen } from '../activities/alerts.ts';
import type { AlertSettings } from '../activities/context.ts';
import { adoptAlerts, type ChannelName, type Found, type Incident, type Told } from '../control-db/queries/alerts.ts';
import type { Database } from '../control-db/queries/database.ts';
import { awsClients, temporalClient } from './clients.ts';
import type { Config } from './config.ts';

export type WatchdogSurroundings = {
  /** Connects to Temporal anew. */
  connect: () => Promise<Client>;
  database: Database;
  emr: EMRClient;
  taskQueue: string;
  alerts: AlertSettings;
  channels: readonly Channel[];
};

/** What one look found: all that goes on, what of it is new, and whom it could not tell. */
export type Look = { open: Incident[]; opened: Incident[]; problems: string[] };

export function watchdogOf(config: Config, database: Database): Watchdog {
  const { emr, sns } = awsClients(config);
  return new Watchdog({
    ...{ connect: () => temporalClient(config), database, emr, taskQueue: config.temporal.taskQueue },
    ...{ alerts: config.alerts, channels: alertChannels(sns, config.alerts) },
  });
}

/** A worker that has nothing to do asks again after a minute; two that are missed are one too many. */
const SILENCE_MS = 150_000;
const TIMEOUT_MS = 30_000;
const ENOUGH_WORKFLOWS = 200;

/**
 * Looks at the lake from outside its workers. What it tells while the control database is away it remembers itself, and
 * writes it down when it is back.
 */
export class Watchdog {
  readonly #around: WatchdogSurroundings;
  /** Told without the control database. */
  #told = new Map<string, Told & { sent: Set<ChannelName> }>();
  /** Open alerts that the control database knew of at the last look. */
  #recorded = new Set<string>();

  constructor(around: WatchdogSurroundings) {
    this.#around = around;
  }

  async look(): Promise<Look> {
    const { database, alerts, channels } = this.#around;
    const { seen, found } = await this.#lookAtTemporal();
    try {
      if (this.#told.size > 0) await adoptAlerts(database, [...this.#told.values()]);
      this.#told.clear();
      const judged = [...found.judged, 'control_database'];
      const raised = await raise(database, alerts, seen, channels, { ...found, judged });
      this.#recorded = new Set(raised.open.map(key));
      return raised;
    } catch (error) {
      return this.#tellByOneself([controlDatabase(error as Error), ...found.incidents]);
    }
  }

  async #lookAtTemporal(): Promise<{ seen: Seen; found: Found }> {
    const { connect, emr, taskQueue } = this.#around;
    let client: Client | undefined;
    try {
      const connected = await connect();
      client = connected;
      return await connected.connection.withDeadline(Date.now() + TIMEOUT_MS, async () => {
        const incidents = [...(await missingWorker(connected, taskQueue)), ...(await stuck(connected, taskQueue))];
        const judged = ['temporal_unreachable', 'no_worker', 'workflow_stuck'];
        return { seen: await lookAround(connected, emr), found: { incidents, judged } };
      });
    } catch (error) {
      const found = { incidents: [temporalUnreachable(error as Error)], judged: ['temporal_unreachable'] };
      return { seen: { unfinished: null, clusters: null }, found };
    } finally {
      await client?.connection.close().catch(() => undefined);
    }
  }

  async #tellByOneself(open: Incident[]): Promise<Look> {
    const going = new Set(open.map(key));
    for (const known of this.#told.keys()) if (!going.has(known)) this.#told.delete(known);
    const opened = open.filter((one) => !this.#told.has(key(one)) && !this.#recorded.has(key(one)));
    for (const one of opened) this.#told.set(key(one), { incident: one, openedAt: new Date(), sent: new Set() });
    const problems: string[] = [];
    for (const told of this.#told.values()) {
      for (const { name, send } of this.#around.channels) {
        if (told.sent.has(name)) continue;
        const failure = await send({ ...told.incident, openedAt: told.openedAt }).then(
          () => null,
          (error: Error) => error.message || error.name,
        );
        if (failure === null) told.sent.add(name);
        else problems.push(`the alert "${told.incident.summary}" could not be sent by ${name}: ${failure}`);
      }
    }
    return { open, opened, problems };
  }
}

const key = ({ kind, subject }: Incident) => `${kind} ${subject}`;

function controlDatabase(error: Error): Incident {
  return incident('control_database', 'the control database', null, {
    summary: 'the control database cannot be used',
    message: `The control database (Postgres) cannot be used, so that no run goes on and no alert is recorded: ${causeOf(error)}`,
    command: 'podlake doctor',
  });
}

function temporalUnreachable(error: Error): Incident {
  return incident('temporal_unreachable', 'Temporal', null, {
    summary: 'Temporal does not answer',
    message: `The Temporal server does not answer, so that no run begins or goes on: ${causeOf(error)}`,
    command: 'podlake doctor',
  });
}

/** Several addresses of one host fail as one error without a message. */
const causeOf = (error: Error) =>
  short(error.message || (error instanceof AggregateError && (error.errors[0] as Error)?.message) || error.name);

const [WORKFLOW_TASKS, ACTIVITY_TASKS] = [1, 2];

async function missingWorker(client: Client, taskQueue: string): Promise<Incident[]> {
  const pollers = async (taskQueueType: number) => {
    const { namespace } = client.options;
    const asked = { namespace, taskQueue: { name: taskQueue }, taskQueueType };
    return (await client.workflowService.describeTaskQueue(asked)).pollers ?? [];
  };
  const [workflows, activities] = await Promise.all([pollers(WORKFLOW_TASKS), pollers(ACTIVITY_TASKS)]);
  if (anyPolls(workflows) && anyPolls(activities)) return [];
  return [
    incident('no_worker', `task queue ${taskQueue}`, null, {
      summary: 'no worker runs',
      message: `No worker has asked for work on the task queue ${taskQueue} for ${SILENCE_MS / 1000} seconds, so that no run goes on. Runs wait and are not lost; start a worker by "podlake worker".`,
      command: 'podlake doctor',
    }),
  ];
}

type Poller = { lastAccessTime?: Parameters<typeof tsToMs>[0] };

/** The server remembers a poller for five minutes. */
export const anyPolls = (pollers: readonly Poller[], now = Date.now()) =>
  pollers.some(({ lastAccessTime }) => lastAccessTime && now - tsToMs(lastAccessTime) < SILENCE_MS);

/** Workflows whose code cannot be played: they stand still, and no run of theirs fails. */
async function stuck(client: Client, taskQueue: string): Promise<Incident[]> {
  const found: Incident[] = [];
  let looked = 0;
  for await (const { workflowId, runId } of client.workflow.list({
    query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`,
  })) {
    looked += 1;
    if (looked > ENOUGH_WORKFLOWS) break;
    const described = await client.workflow
      .getHandle(workflowId, runId)
      .describe()
      .catch(() => null);
    const attempt = described?.raw.pendingWorkflowTask?.attempt ?? 0;
    if (attempt < 2) continue;
    const cause = await lastFailure(client, workflowId, runId);
    if (cause === null) continue;
    found.push(
      incident('workflow_stuck', `workflow ${workflowId}`, null, {
        summary: `workflow ${workflowId} stands still`,
        message: `The workflow ${workflowId} stands still: its task failed ${counted(attempt - 1, 'time')}(${short(cause)}). It goes on by itself once code that replays its history is deployed.`,
        command: `temporal workflow describe --workflow-id ${workflowId}`,
      }),
    );
  }
  return found;
}

/** What the code said when it failed; null when the task was only given to a worker that died. */
async function lastFailure(client: Client, workflowId: string, runId: string): Promise<string | null> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    ...{ namespace: client.options.namespace, execution: { workflowId, runId }, maximumPageSize: 10 },
  });
  for (const { workflowTaskFailedEventAttributes, workflowTaskCompletedEventAttributes } of history?.events ?? []) {
    if (workflowTaskCompletedEventAttributes) return null;
    if (workflowTaskFailedEventAttributes)
      return workflowTaskFailedEventAttributes.failure?.message ?? 'without a message';
  }
  return null;
}
