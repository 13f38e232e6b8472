import { randomUUID } from 'node:crypto';
import type { CalendarSpec, Client, ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import {
  compileUpdatedScheduleOptions,
  encodeScheduleAction,
  encodeSchedulePolicies,
  encodeScheduleSpec,
} from '@temporalio/client/lib/schedule-helpers.js';
import { difference } from './schedule-description.ts';

const FAILED_PRECONDITION = 9;
const TRIES = 5;

/**
 * Writes spec, policies and action over those on the server; pause, note and counts stay as they are. The SDK's own
 * `update` writes back the state that it read, whatever an operator changed meanwhile, so that a pause could be lost. With
 * the token of what was read the server leaves such a write out, some versions without an error: so it is read again.
 * @throws Error when others change the schedule again and again.
 */
export async function replaceSchedule(client: Client, wanted: Omit<ScheduleOptions, 'state'>): Promise<void> {
  const { scheduleId } = wanted;
  const { namespace, loadedDataConverter } = client.options;
  const compiled = compileUpdatedScheduleOptions(scheduleId, { ...wanted, state: {} });
  const schedule = {
    spec: encodeScheduleSpec(compiled.spec),
    policies: encodeSchedulePolicies(compiled.policies),
    action: await encodeScheduleAction(loadedDataConverter, namespace, compiled.action, {}),
  };
  await rewrite(
    client,
    scheduleId,
    (found) => difference(found, wanted).length === 0,
    (current) => ({ ...schedule, state: current.state }),
  );
}

/** Writes the skipped days alone; the rest stays as it is. @throws Error when others change the schedule again and again. */
export async function replaceHolidays(client: Client, scheduleId: string, skip: CalendarSpec[]): Promise<void> {
  const { excludeStructuredCalendar } = encodeScheduleSpec({ skip });
  await rewrite(
    client,
    scheduleId,
    (found) => difference(found, { ...found, spec: { ...found.spec, skip } }).length === 0,
    (current) => ({ ...current, spec: { ...current.spec, excludeStructuredCalendar } }),
  );
}

type Schedule = NonNullable<ScheduleDescription['raw']['schedule']>;

async function rewrite(
  client: Client,
  scheduleId: string,
  isDone: (found: ScheduleDescription) => boolean,
  change: (current: Schedule) => Schedule,
): Promise<void> {
  const { namespace, identity } = client.options;
  const handle = client.schedule.getHandle(scheduleId);
  let found = await handle.describe();
  for (let tried = 0; !isDone(found); tried += 1) {
    if (tried === TRIES) throw new Error(`Others go on changing the schedule "${scheduleId}"; apply it again.`);
    const { schedule: current, conflictToken } = found.raw;
    await client.workflowService
      .updateSchedule({
        namespace,
        scheduleId,
        schedule: change(current ?? {}),
        conflictToken,
        identity,
        requestId: randomUUID(),
      })
      .catch((error: { code?: number }) => {
        if (error.code !== FAILED_PRECONDITION) throw error;
      });
    found = await handle.describe();
  }
}
