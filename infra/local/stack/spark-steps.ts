import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTime } from './process.ts';

/**
 * Ends the Spark steps that outlive the endpoint which started them. After a clean stop they would only fail without their
 * S3; at the next start EMR tells that they did not end well.
 */
export async function endSparkSteps(awsState: string): Promise<number> {
  const entries = await readdir(awsState, { recursive: true }).catch(() => []);
  let ended = 0;
  for (const entry of entries.filter((name) => name.endsWith('wrapper.json'))) {
    const { pid, startToken } = JSON.parse(await readFile(join(awsState, entry), 'utf8')) as {
      pid: number;
      startToken: string;
    };
    const started = await startTime(pid);
    if (started === null || !startToken.endsWith(`:${started}`)) continue;
    // The wrapper leads a session of its own, so that its whole group is the step and nothing else.
    process.kill(-pid, 'SIGTERM');
    ended += 1;
  }
  return ended;
}
