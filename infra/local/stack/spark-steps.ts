import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { signalTo, startTime } from './process.ts';

/** Spark ends within a second or two when it is asked to. */
const GRACE_MS = 5_000;

/**
 * Ends the Spark steps that outlive the endpoint which started them. After a clean stop they would only fail without their
 * S3, or write into whatever takes its place; at the next start EMR tells that they did not end well. Returns how many.
 */
export async function endSparkSteps(awsState: string): Promise<number> {
  const steps = await runningSparkSteps(awsState);
  // The wrapper leads a session of its own, so that its whole group is the step and nothing else.
  for (const pid of steps) signalTo(-pid, 'SIGTERM');
  for (const deadline = performance.now() + GRACE_MS; ; await setTimeout(50)) {
    const left = await runningSparkSteps(awsState);
    if (left.length === 0) return steps.length;
    if (performance.now() > deadline) for (const pid of left) signalTo(-pid, 'SIGKILL');
  }
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
