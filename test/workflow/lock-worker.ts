// A worker of the lake's lock alone, as a process of its own, so that a test can kill it: `node lock-worker.ts <address> <task queue>`.
import { NativeConnection, Worker } from '@temporalio/worker';
import { handedOver } from '../../activities/handover.ts';
import { beating } from '../../activities/heartbeat.ts';
import { lockActivities } from '../../activities/lock.ts';
import { bundleWorkflows } from './temporal.ts';

const [address, taskQueue = ''] = process.argv.slice(2);
const connection = await NativeConnection.connect({ address });
const activities = beating(handedOver(lockActivities()));
const worker = await Worker.create({
  ...{ connection, taskQueue, activities, workflowBundle: await bundleWorkflows() },
  maxHeartbeatThrottleInterval: '1s',
});
process.once('disconnect', () => process.exit());
const running = worker.run();
process.send?.('polls');
await running;
