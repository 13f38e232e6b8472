import type { Found, Incident } from '../control-db/queries/alerts.ts';
import type { ControlState } from '../control-db/queries/incidents.ts';
import { slotOf } from '../workflows/slot.ts';
import type { AlertSettings } from './context.ts';

/** A run's workflow that has not ended, and the slot it stands for. */
export type UnfinishedRun = { workflowId: string; slot: Date; startedAt: Date };
export type LivingCluster = { clusterId: string; name: string; startedAt: Date };

/** What the rules judge. Null: it could not be asked for, so that nothing of it is taken to be over. */
export type LakeState = {
  now: Date;
  control: ControlState;
  unfinished: UnfinishedRun[] | null;
  clusters: LivingCluster[] | null;
};

const HOUR = 3_600_000;
/** As long as the schedule catches up on slots that were missed; what is begun later was begun so by a person. */
const CATCH_UP = 7 * 24 * HOUR;

/** What goes on now that a person should know of, whoever looks: the end of a run, or the watchdog. */
export function lakeIncidents(state: LakeState, settings: AlertSettings): Found {
  const { control } = state;
  const judged = [
    'failed_run',
    'failed_backfill',
    'unconfirmed_publication',
    'held_delivery',
    'refused_file',
    'no_delivery',
    'run_cost',
  ];
  if (state.unfinished) judged.push('run_not_finished');
  if (state.clusters) judged.push('cluster_running_long');
  return {
    judged,
    incidents: [
      ...control.failed.map(failedRun),
      ...control.failedBackfills.map(failedBackfill),
      ...control.unconfirmed.map(unconfirmedPublication),
      ...control.held.map(heldDelivery),
      ...control.refused.map(refusedFiles),
      ...notFinished(state, settings.notFinishedAfterHours),
      ...noDelivery(control, settings.silentSlots),
      ...runningLong(state, settings.clusterHours),
      ...control.costs.filter(({ usd }) => usd > settings.runCostLimitUsd).map(overItsLimit(settings.runCostLimitUsd)),
    ],
  };
}

function failedRun({ run, slot, attempt, message }: ControlState['failed'][number]): Incident {
  return incident('failed_run', `run ${run}`, slot, {
    summary: `run of slot ${slotOf(slot)} failed`,
    message: `Attempt ${attempt} at slot ${slotOf(slot)} failed, and nothing of it was published: ${short(message)}`,
    command: 'podlake runs',
  });
}

function failedBackfill({ backfill, reason, message }: ControlState['failedBackfills'][number]): Incident {
  return incident('failed_backfill', `backfill ${backfill}`, null, {
    summary: `backfill ${backfill} failed`,
    message: `Backfill ${backfill} ("${short(reason)}") failed, and nothing of it was published: ${short(message)}`,
    command: 'podlake backfill list',
  });
}

function unconfirmedPublication({ run, slot, message }: ControlState['unconfirmed'][number]): Incident {
  return incident('unconfirmed_publication', `run ${run}`, slot, {
    summary: `slot ${slotOf(slot)} is published, and Athena did not confirm it`,
    message: `Slot ${slotOf(slot)} is published, but what Athena counts is not what was planned, or it did not answer: ${short(message)}`,
    command: 'podlake runs',
  });
}

function heldDelivery({ slot, files, tables, reason }: ControlState['held'][number]): Incident {
  const of = tables.length > 0 ? ` of ${tables.join(', ')}` : '';
  return incident('held_delivery', `slot ${slotOf(slot)}`, slot, {
    summary: `the delivery of slot ${slotOf(slot)} is held (${counted(files, 'file')})`,
    message: `${counted(files, 'file')}${of} of slot ${slotOf(slot)} ${files === 1 ? 'is' : 'are'} held, so that readers lack their rows: ${short(reason)}`,
    command: `podlake files list --slot ${slotOf(slot)} --outcome held`,
  });
}

function refusedFiles({ run, slot, files, first }: ControlState['refused'][number]): Incident {
  const others = files > 1 ? ` and ${counted(files - 1, 'other file')}` : '';
  return incident('refused_file', `run ${run}`, slot, {
    summary: `${counted(files, 'file')} of slot ${slotOf(slot)} ${files === 1 ? 'was' : 'were'} refused`,
    message: `In slot ${slotOf(slot)} ${first.key}${others} ${files === 1 ? 'was' : 'were'} refused, so that readers lack the rows: ${short(first.reason)}`,
    command:
      files === 1 ? `podlake files show ${first.file}` : `podlake files list --slot ${slotOf(slot)} --outcome refused`,
  });
}

/** An open run that the server knows nothing of any more counts too: nobody closed it. */
function notFinished({ now, control, unfinished }: LakeState, hours: number): Incident[] {
  const open = control.open.map(({ slot, openedAt }) => ({ workflowId: null, slot, startedAt: openedAt }));
  const late = [...(unfinished ?? []), ...open].filter(({ slot, startedAt }) => {
    const from = startedAt.getTime() - slot.getTime() > CATCH_UP ? startedAt : slot;
    return now.getTime() - from.getTime() > hours * HOUR;
  });
  const bySlot = Map.groupBy(late, ({ slot }) => slotOf(slot));
  return [...bySlot].flatMap(([name, [first]]) => {
    if (!first) return [];
    const told = {
      summary: `run of slot ${name} is not finished after ${hours} hours`,
      message: `The run of slot ${name}, which began at ${instant(first.startedAt)}, is not finished ${counted(hours, 'hour')} after its time; what it waits for is in its pending activities.`,
      command: first.workflowId ? `temporal workflow describe --workflow-id ${first.workflowId}` : 'podlake runs',
    };
    return [incident('run_not_finished', `slot ${name}`, first.slot, told)];
  });
}

/** Silent are the newest scheduled slots whose runs found no file, nor did any other run since. */
function noDelivery({ scheduled, lastFileSlot }: ControlState, slots: number): Incident[] {
  const oldest = scheduled[slots - 1];
  if (!oldest || (lastFileSlot && lastFileSlot >= oldest)) return [];
  const since = lastFileSlot ? `slot ${slotOf(lastFileSlot)}` : 'the beginning';
  const told = {
    summary: `no delivery for ${counted(slots, 'slot')}, the last in ${since}`,
    message: `No file came for the last ${counted(slots, 'slot')} (${scheduled.slice(0, slots).map(slotOf).join(', ')}); the last came in ${since}. Ask the source whether it delivers, and where.`,
    command: 'podlake files list --limit 10',
  };
  return [incident('no_delivery', `since ${since}`, scheduled[0] ?? null, told)];
}

function runningLong({ now, clusters }: LakeState, hours: number): Incident[] {
  const long = (clusters ?? []).filter(({ startedAt }) => now.getTime() - startedAt.getTime() > hours * HOUR);
  return long.map(({ clusterId, name, startedAt }) =>
    incident('cluster_running_long', `cluster ${clusterId}`, null, {
      summary: `cluster ${clusterId} runs for more than ${counted(hours, 'hour')}`,
      message: `The cluster "${name}" (${clusterId}) runs since ${instant(startedAt)}, longer than ${counted(hours, 'hour')}, and costs money. If no run needs it, end it by "aws emr terminate-clusters --cluster-ids ${clusterId}".`,
      command: `aws emr describe-cluster --cluster-id ${clusterId}`,
    }),
  );
}

const overItsLimit =
  (limit: number) =>
  ({ run, slot, attempt, usd }: ControlState['costs'][number]): Incident =>
    incident('run_cost', `run ${run}`, slot, {
      summary: `run of slot ${slotOf(slot)} costs more than ${limit} USD`,
      message: `The clusters of attempt ${attempt} at slot ${slotOf(slot)} cost ${usd.toFixed(2)} USD until now, more than the limit of ${limit} USD for a run.`,
      command: 'podlake runs',
    });

type Telling = Pick<Incident, 'summary' | 'message' | 'command'>;

/** The subject of a mail on SNS ends at 99 characters. */
export function incident(kind: string, subject: string, slot: Date | null, told: Telling): Incident {
  return { kind, subject, slot, ...told, summary: `podlake: ${told.summary}`.slice(0, 99) };
}

/** The first sentence or two of a cause: the whole, which may quote rows, is where the command looks. */
export const short = (text: string) => {
  const [line = ''] = text.trim().split('\n');
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
};

export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
const instant = (at: Date) => `${at.toISOString().slice(0, 16)}Z`;
