import { ReplayError, Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { HistoryEvent, RecordedHistory } from './histories.ts';

/** A history that today's workflow code does not replay, the event at which the two part, and why. */
export type ReplayFailure = { history: string; event: number; what: string; reason: string };

/** Replays histories as a worker does after a deployment. */
export async function replayFailures(bundle: WorkflowBundle, histories: RecordedHistory[]): Promise<ReplayFailure[]> {
  const byName = new Map(histories.map((history) => [history.workflowId, history]));
  const failed: [RecordedHistory, Error][] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories)) {
    const history = byName.get(workflowId);
    if (error && history) failed.push([history, error]);
  }
  const failures: ReplayFailure[] = [];
  for (const [history, error] of failed) {
    const reason = reasonOf(error);
    const event = await partingEvent(bundle, history, reason);
    failures.push({ history: history.workflowId, event: Number(event.eventId), what: nameOf(event), reason });
  }
  return failures;
}

export const failureSentence = ({ history, event, what, reason }: ReplayFailure) =>
  `${history} does not replay at event ${event} (${what}): ${reason}`;

/**
 * The server's core names a type or a machine, seldom the event, and a type comes several times. So the first workflow
 * task is searched after which the history does not replay; what parts is among the events that it led to.
 */
async function partingEvent(bundle: WorkflowBundle, { history }: RecordedHistory, reason: string) {
  const { events } = history;
  const ends = events.flatMap(({ eventType }, index) =>
    eventType === 'EVENT_TYPE_WORKFLOW_TASK_STARTED' && completed(events[index + 1]) ? [index] : [],
  );
  const stops = [...ends.slice(1), events.length - 1];
  let [good, bad] = [-1, stops.length - 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const part = { workflowId: 'part', history: { events: events.slice(0, (stops[middle] ?? 0) + 1) } };
    if (await replays(bundle, part)) good = middle;
    else bad = middle;
  }
  const decided = (ends[bad] ?? 0) + 1;
  const led = events.slice(decided + 1, (stops[bad] ?? 0) + 1).filter((event) => ledBy(event, events[decided]));
  const activity = /scheduled event '(\w+)'/.exec(reason)?.[1];
  const told = /HistoryEvent\(id: (\d+)/.exec(reason)?.[1];
  return (
    led.find(({ eventId }) => eventId === told) ??
    led.find((event) => activity && event.activityTaskScheduledEventAttributes?.activityType.name === activity) ??
    led[0] ??
    (events[decided] as HistoryEvent)
  );
}

const completed = (event: HistoryEvent | undefined) => event?.eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED';

/** Each event that is a command's has the number of the completed workflow task that gave the command. */
function ledBy(event: HistoryEvent, task: HistoryEvent | undefined): boolean {
  const attributes: unknown[] = Object.values(event);
  return attributes.some(
    (value) => (value as { workflowTaskCompletedEventId?: string })?.workflowTaskCompletedEventId === task?.eventId,
  );
}

async function replays(workflowBundle: WorkflowBundle, history: RecordedHistory): Promise<boolean> {
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, [history])) if (error) return false;
  return true;
}

/** The core prints a nested failure as Rust does; the sentence in it is what a person needs. */
function reasonOf(error: Error): string {
  if (!(error instanceof ReplayError || error instanceof DeterminismViolationError)) return error.message;
  const said = /message: "((?:[^"\\]|\\.)*)"/.exec(error.message)?.[1];
  return said ? said.replaceAll('\\"', '"').replace(/^\[\w+\] Nondeterminism error: /, '') : error.message;
}

/** `EVENT_TYPE_ACTIVITY_TASK_SCHEDULED` → `ActivityTaskScheduled judge` */
function nameOf({ eventType, activityTaskScheduledEventAttributes: scheduled }: HistoryEvent): string {
  const words = eventType.replace('EVENT_TYPE_', '').toLowerCase().split('_');
  const type = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return scheduled ? `${type} ${scheduled.activityType.name}` : type;
}
