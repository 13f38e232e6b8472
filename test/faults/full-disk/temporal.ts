import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { choosePorts } from '../../../infra/local/stack/ports.ts';
import { startTemporal } from '../../../infra/local/stack/temporal.ts';
import type { Keeper } from './play.ts';

const content = (number: number) => `${number},`.repeat(30_000);
const ANSWERS_WITHIN_MS = 5_000;

export async function temporal(folder: string): Promise<Keeper> {
  const { temporal: port, temporalUi: uiPort } = await choosePorts(false);
  const program = process.env['PODLAKE_TEMPORAL'] ?? 'temporal';
  let client: Client;
  return {
    start: async () => {
      const part = await startTemporal({ program, folder, port, uiPort, log: join(folder, 'temporal.log') });
      const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
      client = new Client({ connection });
      return part;
    },
    write: async (number) => {
      await client.connection.withDeadline(Date.now() + ANSWERS_WITHIN_MS, () =>
        client.workflow.start('keep', { taskQueue: 'nobody', workflowId: `item-${number}`, args: [content(number)] }),
      );
    },
    read: async () => {
      const found: number[] = [];
      for await (const { workflowId } of client.workflow.list()) {
        const number = Number(workflowId.split('-')[1]);
        const history = await client.workflow.getHandle(workflowId).fetchHistory();
        const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
        if (input && Buffer.from(input).toString() === JSON.stringify(content(number))) found.push(number);
      }
      return found;
    },
  };
}
