import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signalTo, startTime } from './process.ts';

/**
 * Ends the Spark steps that outlive the endpoint which started them. After a clean stop they would only fail without their
 * S3; at the next start EMR tells that they did not end well.
 */
export async function endSparkSteps(awsState: string): Promise<number> {
  const steps = await runningSparkSteps(awsState);
  // The wrapper leads a session of its own, so that its whole group is the step and nothing else.
  for (const pid of steps) signalTo(-pid, 'SIGTERM');
  return steps.length;
}

/** The pids of the wrappers whose steps go on, whoever is there to watch them. */
export async function runningSparkSteps(awsState: string): Promise<number[]> {
  const entries = await readdir(awsState, { recursive: true }).catch(() => []);
  const running: number[] = [];
  for (const entry of entries.filter((name) => name.endsWith('wrapper.json'))) {
    const wrapper = await readFile(join(awsState, entry), 'utf8')
      .then((text): { pid: number; startToken: string } => JSON.parse(text))
      .catch(() => null);
    // After a power cycle the file may be empty; then nothing of before it runs either.
    const started = wrapper && (await startTime(wrapper.pid));
    if (wrapper && started && wrapper.startToken.endsWith(`:${started}`)) running.push(wrapper.pid);
  }
  return running;
}
