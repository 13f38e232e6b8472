import { temporalClient } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { DATA_LAKE_RUN_TYPE, RUN_ID_PREFIX } from '../workflows/names.ts';
import { watchRun } from './watch.ts';

export async function run(options: { stack: string; wait: boolean; json?: boolean }): Promise<void> {
  const config = readConfig(options.stack);
  const client = await temporalClient(config);
  try {
    const workflowId = `${RUN_ID_PREFIX}-manual-${new Date().toISOString().slice(0, 19)}Z`;
    await client.workflow.start(DATA_LAKE_RUN_TYPE, {
      workflowId,
      taskQueue: config.temporal.taskQueue,
      staticSummary: 'A run started by hand: it takes all that has arrived',
    });
    const tell = (line: string) => (options.json ? console.error(line) : console.log(line));
    tell(`started ${workflowId}`);
    if (!options.wait) return options.json ? console.log(JSON.stringify({ workflowId })) : undefined;
    const result = await watchRun(client, workflowId, (line) => tell(`  ${line}`));
    console.log(options.json ? JSON.stringify(result, null, 2) : `${result.outcome}: ${result.message}`);
  } finally {
    await client.connection.close();
  }
}
