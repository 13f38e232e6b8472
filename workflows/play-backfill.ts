import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { rootCause } from './causes.ts';
import { type OwnCluster, onCluster, startCluster } from './cluster.ts';
import { exportTables, finishPublication, step, takeOver, tellPeople, waitForTheLake } from './data-lake-run.ts';
import { BACKFILL_PROGRESS } from './names.ts';
import { lake, verifyPublication } from './steps.ts';
import type { BackfillEnd, BackfillProgress, NextReplay, RunContext } from './types.ts';

export type PlayedBackfill = { backfill: number; end: BackfillEnd; message: string; publication: number | null };

type Playing = {
  backfill: number;
  tell: (stage: string, progress?: Pick<BackfillProgress, 'done' | 'total'>) => Promise<void>;
  /** The cluster is started with the first step; of a start that was cut half-way only what it is for is known. */
  own: OwnCluster['of'] | null;
  cluster: OwnCluster | null;
};

/**
 * Plays one backfill: slot by slot on its own branches, without the lake; then with the lake what was published meanwhile,
 * and the switch, which is a publication like any other. One that fails or is cancelled before its plan is committed leaves
 * no trace in any table.
 */
export async function playBackfill(backfill: number): Promise<PlayedBackfill> {
  let last: Pick<BackfillProgress, 'done' | 'total'> = { done: 0, total: 0 };
  const tell: Playing['tell'] = async (stage, progress = last) => {
    last = progress;
    setCurrentDetails(
      `## Backfill ${backfill}\n\n**${stage}**\n\n${progress.done} of ${progress.total} slots are played.`,
    );
    // These three alone: what is to be played may name thousands of slots.
    await tellQueue(backfill, { stage, done: progress.done, total: progress.total });
  };
  const playing: Playing = { backfill, tell, own: null, cluster: null };
  try {
    const ended = await play(playing);
    setCurrentDetails(`## Backfill ${backfill}\n\n**${ended.end}**: ${ended.message}`);
    return ended;
  } catch (error) {
    const [end, message] = isCancellation(error)
      ? (['cancelled', 'nothing was published'] as const)
      : (['failed', rootCause(error)] as const);
    await CancellationScope.nonCancellable(async () => {
      await discard(playing);
      await lake.closeBackfill(`close the backfill as ${end}`, { backfill, end, message });
      setCurrentDetails(`## Backfill ${backfill}\n\n**${end}**: ${message}`);
    });
    throw error;
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await endCluster(playing);
      if (patched('export-and-tell-after-backfill')) await afterwards(playing);
    });
  }
}

async function play(playing: Playing): Promise<PlayedBackfill> {
  const { backfill, tell } = playing;
  await tell('working out what is to be played');
  await catchUp(playing);
  if (!playing.cluster) {
    const message = 'there was nothing to be played';
    await lake.closeBackfill('close the backfill as unchanged', { backfill, end: 'unchanged', message });
    return { backfill, end: 'unchanged', message, publication: null };
  }
  await mustPass(backfill);

  await waitForTheLake((stage) => void tell(stage));
  const { workflowId, runId } = workflowInfo();
  const { context, cut } = await lake.openSwitch('take the lake', { backfill, workflowId, runId });
  await takeOver(context, cut, (stage) => void tell(stage));
  await tell('playing what was published meanwhile');
  if (await catchUp(playing)) await mustPass(backfill);
  return CancellationScope.nonCancellable(() => publish(playing));
}

/** Plays until nothing is left that is published and not played; says whether there was anything. */
async function catchUp(playing: Playing): Promise<boolean> {
  const { backfill, tell } = playing;
  for (let any = false; ; any = true) {
    const next = await lake.nextReplay('what is to be played next?', backfill);
    if (next === null) return any;
    const { step: job, context, slots, manifest } = next;
    await tell(`${job === 'raw' ? 'reading the files of' : 'playing'} ${slotsText(slots)}`, next);
    const cluster = await clusterFor(playing, context);
    const { stepId } = await onCluster(cluster, (clusterId) =>
      lake.runStep(`EMR step ${job} of ${slotsText(slots)}`, { context, step: job, clusterId, manifest }),
    );
    const { clusterId } = cluster;
    if (job === 'raw') await lake.recordLayer('record what raw did', { context, step: job, clusterId, stepId });
    else await lake.recordReplay(`record what ${slotsText(slots)} did`, { backfill, slots });
  }
}

const slotsText = (slots: NextReplay['slots']) =>
  slots.length === 1 ? `slot ${slots[0]}` : `slots ${slots[0]} to ${slots.at(-1)}`;

async function clusterFor(playing: Playing, context: RunContext): Promise<OwnCluster> {
  playing.own ??= { context, purpose: 'backfill' };
  playing.cluster ??= await startCluster('start the EMR cluster', playing.own);
  return playing.cluster;
}

async function mustPass(backfill: number): Promise<void> {
  const { passed, failures } = await lake.judgeBackfill('may these slots be published?', backfill);
  if (!passed) throw ApplicationFailure.nonRetryable(failures.join('; '), 'FailedAudit');
}

async function publish(playing: Playing): Promise<PlayedBackfill> {
  const { backfill, tell } = playing;
  const { workflowId, runId } = workflowInfo();
  const { context } = await lake.openSwitch('the last slot that was played', { backfill, workflowId, runId });
  const { publication, tables } = await lake.planSwitch('commit the plan of the publication', context);
  await tell(`publishing ${tables} tables`);
  const cluster = await clusterFor(playing, context);
  // The slots were played without a grant; what moves main is fenced by that of the switch.
  await step(context, 'publish', { ...cluster, of: { ...cluster.of, context } });
  await finishPublication(context, publication);
  const message = `publication ${publication}: ${tables} tables${await unconfirmed(context, publication)}`;
  await lake.closeBackfill('say how it ended', { backfill, end: 'published', message });
  return { backfill, end: 'published', message, publication };
}

/** What is published is never taken back: that Athena does not confirm it is said. */
async function unconfirmed(context: RunContext, publication: number): Promise<string> {
  try {
    await lake.updateCatalogue('descriptions, owners and views in Glue', context);
    const { confirmed, differences } = await verifyPublication('count through Athena what readers see', publication);
    if (!confirmed) return `; not confirmed: ${differences.join('; ')}`;
    await lake.confirmPublication('confirm the publication', publication);
    return '';
  } catch (error) {
    return `; Athena did not confirm it: ${rootCause(error)}`;
  }
}

/** Takes the branches away. Left there they cost storage and mislead nobody: that it fails must not hide why it was needed. */
async function discard(playing: Playing): Promise<void> {
  try {
    const found = await lake.writeDiscard('manifest of the discard', playing.backfill);
    if (!found) return;
    const cluster = await clusterFor(playing, found.context);
    await onCluster(cluster, (clusterId) =>
      lake.runStep('EMR step: remove the branches', { ...found, step: 'backfill', clusterId }),
    );
  } catch (error) {
    log.error('the branches of the backfill are left; maintenance removes them', { error: rootCause(error) });
  }
}

/** The slots that were played are exported anew, and people are told what needs them; neither changes how it ended. */
async function afterwards({ own }: Playing): Promise<void> {
  if (own) for (const warning of await exportTables(own.context)) log.warn(warning);
  await tellPeople();
}

async function endCluster({ own }: Playing): Promise<void> {
  if (own) await lake.endCluster('end the cluster', own);
}

/** The queue shows it; one that is gone is no reason to stop, and a cancellation is learned where work is waited for. */
async function tellQueue(backfill: number, progress: BackfillProgress): Promise<void> {
  const { parent } = workflowInfo();
  if (!parent) return;
  try {
    await getExternalWorkflowHandle(parent.workflowId).signal(BACKFILL_PROGRESS, backfill, progress);
  } catch (error) {
    log.info('the queue of backfills is not there', { error: String(error) });
  }
}
