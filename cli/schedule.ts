import { temporalClient } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { applySchedule } from '../workers/schedule.ts';
import { SCHEDULE_ID } from '../workflows/names.ts';

export async function applyScheduleCommand(options: { stack: string; json?: boolean }): Promise<void> {
  const config = readConfig(options.stack);
  const client = await temporalClient(config);
  try {
    const applied = await applySchedule(client, config.temporal.taskQueue, new Date());
    const { info, state } = await client.schedule.getHandle(SCHEDULE_ID).describe();
    const next = info.nextActionTimes.map((time) => time.toISOString());
    if (options.json)
      return console.log(
        JSON.stringify({ schedule: SCHEDULE_ID, applied, paused: state.paused, note: state.note ?? null, next }),
      );
    console.log(`schedule ${SCHEDULE_ID}: ${applied}${state.paused ? `, paused (${state.note ?? 'no note'})` : ''}`);
    for (const time of next.slice(0, 4)) console.log(`  next ${time}`);
    if (state.paused)
      console.log(`unpause it with: temporal schedule toggle -s ${SCHEDULE_ID} --unpause --reason "deliveries arrive"`);
  } finally {
    await client.connection.close();
  }
}
