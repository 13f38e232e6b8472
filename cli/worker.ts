import { readConfig } from '../workers/config.ts';
import { createWorker } from '../workers/worker.ts';
import { WORKER_READY } from './up.ts';

export async function work(options: { stack: string }): Promise<void> {
  const worker = await createWorker(readConfig(options.stack));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => worker.shutdown());
  console.log(WORKER_READY);
  await worker.run();
}
