import { buildIdOf } from '../workers/build-id.ts';
import { readConfig } from '../workers/config.ts';
import { createWorker } from '../workers/worker.ts';
import { WORKER_READY } from './up.ts';

/** On AWS a version gets work once a person deploys it; on one machine the newest worker takes all. */
export async function work(options: { stack: string; buildId?: string; deployed?: boolean }): Promise<void> {
  const config = readConfig(options.stack);
  const buildId = options.buildId ?? buildIdOf();
  const deployed = options.deployed ?? config.endpoints === undefined;
  const worker = await createWorker(config, { buildId, deployed });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => worker.shutdown());
  await worker.run(() => {
    console.log(`${WORKER_READY} as version ${buildId}${deployed ? ', which "podlake deploy" gives work' : ''}`);
  });
}
