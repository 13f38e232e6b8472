import { buildIdOf, DEPLOYMENT_NAME } from '../workers/build-id.ts';
import { temporalClient } from '../workers/clients.ts';
import { type Config, readConfig } from '../workers/config.ts';
import { type Deployment, describeDeployment, makeCurrent, ramp, unpin, type Version } from '../workers/deployments.ts';
import { printTable } from './table.ts';
import { RunProblem } from './watch.ts';

export const DEPLOY_HELP = `
A version is the content of the code; "podlake version" prints that of this clone. Its workers get no work until it is deployed:
  podlake deploy --ramp 10        one tenth of what begins is played by it
  podlake deploy                  all that begins; what runs ends on the version on which it began
  podlake deploy status           whose workers are still needed, by which runs
  podlake deploy --build-id 64c5774ed20e    back to the version before`;

type DeployOptions = { stack: string; buildId?: string; ramp?: number; dryRun?: boolean; json?: boolean };

export async function deploy({
  stack,
  buildId = buildIdOf(),
  ramp: share,
  dryRun,
  json,
}: DeployOptions): Promise<void> {
  const change = await withDeployment(stack, async (client, deployment) => {
    const change = changeOf(deployment, buildId, share);
    if (dryRun || !change.changes) return change;
    if (share === undefined) await makeCurrent(client, buildId, deployment.token);
    else await ramp(client, share === 0 ? null : buildId, share, deployment.token);
    return change;
  });
  if (json)
    return console.log(
      JSON.stringify({ deployment: DEPLOYMENT_NAME, buildId, ...change, dryRun: dryRun ?? false }, null, 2),
    );
  console.log(`${dryRun && change.changes ? 'Would be: ' : ''}${change.sentence}`);
  if (!dryRun && change.changes) console.log('Whose workers are still needed: podlake deploy status');
}

export type Change = { changes: boolean; before: string | null; sentence: string };

/** What deploying a version does. @throws RunProblem when it has no workers that could play what it gets. */
export function changeOf(deployment: Deployment, buildId: string, share?: number): Change {
  const { current, ramping, versions } = deployment;
  const version = versions.find((one) => one.buildId === buildId);
  const told = (changes: boolean, sentence: string) => ({ changes, before: current, sentence });
  if (share === 0) {
    if (ramping?.buildId !== buildId) return told(false, `Version ${buildId} is not ramping.`);
    return told(true, `version ${buildId} gets nothing more of what begins (${ramping.percentage} % before)`);
  }
  if (!version || version.lastPoll === null)
    throw new RunProblem(
      `No worker of version ${buildId} asks for work: start one with "podlake worker" in the clone of it, then deploy it. ` +
        `The server knows ${versions.map((one) => one.buildId).join(', ')}.`,
    );
  if (current === buildId) {
    const rest =
      ramping &&
      ` Version ${ramping.buildId} still gets ${ramping.percentage} %: "podlake deploy --build-id ${ramping.buildId} --ramp 0" takes it back.`;
    return told(false, `Version ${buildId} is current already.${rest ?? ''}`);
  }
  if (share === undefined)
    return told(true, `version ${buildId} is current and gets all that begins (before: ${current ?? 'none'})`);
  if (ramping?.buildId === buildId && ramping.percentage === share)
    return told(false, `Version ${buildId} gets ${share} % already.`);
  return told(true, `version ${buildId} gets ${share} % of what begins, version ${current ?? 'none'} the rest`);
}

export async function deployStatus({ stack, json }: { stack: string; json?: boolean }): Promise<void> {
  const { deployment, own } = await withDeployment(stack, async (_, deployment) => ({ deployment, own: buildIdOf() }));
  const { token: _, ...known } = deployment;
  const next = deployment.versions.flatMap((version) => needOf(version, new Date()));
  if (json) return console.log(JSON.stringify({ deployment: DEPLOYMENT_NAME, own, ...known, next }, null, 2));
  printTable(
    ['version', 'state', 'since', 'workers last seen', 'pinned runs', 'runs that go over'],
    deployment.versions.map(({ buildId, state, since, lastPoll, runs }) => [
      buildId === own ? `${buildId} (this clone)` : buildId,
      state === 'ramping' ? `ramping, ${deployment.ramping?.percentage} %` : state,
      ...[since?.toISOString(), lastPoll?.toISOString() ?? 'never lately'],
      ...[runs.filter(({ pinned }) => pinned).length, runs.filter(({ pinned }) => !pinned).length],
    ]),
  );
  for (const { buildId, runs } of deployment.versions)
    for (const { workflowId, type, pinned } of runs)
      console.log(`  ${buildId} ${pinned ? 'ends' : 'plays now'} ${workflowId} (${type})`);
  for (const line of next) console.log(line);
}

/** Each worker asks for work once a minute, so that after two it is gone. */
const SILENT_MS = 120_000;

/** Whether the workers of a version are still needed, or missing; nothing when they are where they should be. */
export function needOf({ buildId, state, lastPoll, runs }: Version, now: Date): string[] {
  const pinned = runs.filter((run) => run.pinned).length;
  const waiting = state === 'current' || state === 'ramping' ? runs.length : pinned;
  const silent = lastPoll === null || now.getTime() - lastPoll.getTime() > SILENT_MS;
  if (silent && state === 'current')
    return [`Version ${buildId} gets all that begins and has no worker: start one, or deploy another version.`];
  if (silent && waiting > 0)
    return [
      `Version ${buildId} has no worker, and ${waiting} runs stand still: start one, or "podlake deploy move --from ${buildId}" lets them go over to the current version.`,
    ];
  if (silent || state === 'current' || state === 'ramping') return [];
  if (state === 'inactive')
    return [`Version ${buildId} has workers and gets nothing: podlake deploy --build-id ${buildId}`];
  if (pinned > 0)
    return [`Version ${buildId} has ${pinned === 1 ? 'one run' : `${pinned} runs`} to end: leave its workers.`];
  return [`Version ${buildId} has no run left: its workers can be stopped.`];
}

type MoveOptions = { stack: string; from: string; dryRun?: boolean; json?: boolean };

export async function deployMove({ stack, from, dryRun, json }: MoveOptions): Promise<void> {
  const moved = await withDeployment(stack, async (client, { current, versions }) => {
    const version = versions.find(({ buildId }) => buildId === from);
    if (!version)
      throw new RunProblem(
        `The server knows no version ${from}, but ${versions.map((one) => one.buildId).join(', ')}.`,
      );
    if (current === from)
      throw new RunProblem(`Version ${from} is current: deploy the one that takes its runs over first.`);
    const runs = version.runs.filter(({ pinned }) => pinned);
    if (!dryRun) await unpin(client, runs);
    return runs;
  });
  if (json) return console.log(JSON.stringify({ from, moved, dryRun: dryRun ?? false }, null, 2));
  if (moved.length === 0) console.log(`No run is pinned to version ${from}.`);
  for (const { workflowId } of moved)
    console.log(`${dryRun ? 'would go' : 'goes'} over to the current version: ${workflowId}`);
}

export function printVersion({ json }: { json?: boolean }): void {
  const buildId = buildIdOf();
  console.log(json ? JSON.stringify({ deployment: DEPLOYMENT_NAME, buildId }) : `${DEPLOYMENT_NAME} ${buildId}`);
}

type Client = Awaited<ReturnType<typeof temporalClient>>;

async function withDeployment<Result>(
  stack: string,
  ask: (client: Client, deployment: Deployment) => Promise<Result>,
): Promise<Result> {
  const config: Config = readConfig(stack);
  const client = await temporalClient(config);
  try {
    const deployment = await describeDeployment(client, config.temporal.taskQueue);
    if (!deployment)
      throw new RunProblem('The server knows no version yet: start a worker with "podlake worker" first.');
    return await ask(client, deployment);
  } finally {
    await client.connection.close();
  }
}
