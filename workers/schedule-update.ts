import { randomUUID } from 'node:crypto';
import type { Client, ScheduleOptions } from '@temporalio/client';
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
  const { namespace, identity, loadedDataConverter } = client.options;
  const compiled = compileUpdatedScheduleOptions(scheduleId, { ...wanted, state: {} });
  const schedule = {
    spec: encodeScheduleSpec(compiled.spec),
    policies: encodeSchedulePolicies(compiled.policies),
    action: await encodeScheduleAction(loadedDataConverter, namespace, compiled.action, {}),
  };
  const handle = client.schedule.getHandle(scheduleId);
  let found = await handle.describe();
  for (let tried = 0; difference(found, wanted).length > 0; tried += 1) {
    if (tried === TRIES) throw new Error(`Others go on changing the schedule "${scheduleId}"; apply it again.`);
    const { schedule: current, conflictToken } = found.raw;
    await client.workflowService
      .updateSchedule({
        namespace,
        scheduleId,
        schedule: { ...schedule, state: current?.state },
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
