import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  patched,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { rootCause } from './causes.ts';
import { type OwnCluster, onCluster, startCluster } from './cluster.ts';
import { noteForLog } from './log-context.ts';
import { LAKE_GRANTED } from './names.ts';
import { countRun } from './run-metrics.ts';
import {
  LAKE_BUSINESS_DATE,
  LAKE_FILES,
  LAKE_KIND,
  LAKE_OUTCOME,
  LAKE_ROWS,
  LAKE_SLOT,
  LAKE_TABLES,
  SCHEDULED_START,
} from './search-attributes.ts';
import { onSignal } from './signals.ts';
import { instantOf, slotOf } from './slot.ts';
import { exportControl, lake, raiseAlerts, verifyPublication } from './steps.ts';
import { markdown, type Story } from './story.ts';
import type {
  CutPublication,
  DeliverySummary,
  LayerSummary,
  RunContext,
  RunKind,
  RunOutcome,
  RunResult,
  Slot,
  StepName,
} from './types.ts';

/**
 * Takes the delivery of one slot from landing to published tables. The slot is the schedule's nominal time, or, for a
 * run started by hand, the instant of its start.
 */
export async function dataLakeRun(): Promise<RunResult> {
  const { slot, kind, arrivedBy } = ownSlot();
  const story: Story = {
    slot,
    kind,
    businessDate: null,
    stage: '',
    attempt: null,
    grant: null,
    delivery: null,
    clusterId: null,
    layers: [],
    warnings: [],
    outcome: null,
  };
  const tell = (stage: string) => {
    story.stage = stage;
    setCurrentDetails(markdown(story));
    log.info(stage);
  };
  noteForLog({ slot });
  upsertSearchAttributes([
    { key: LAKE_SLOT, value: new Date(instantOf(slot)) },
    { key: LAKE_KIND, value: kind },
  ]);

  await waitForTheLake(tell);
  const { workflowId, runId } = workflowInfo();
  // Whoever opened it closes it: a cancellation waits until it is known what was opened.
  const opening = await CancellationScope.nonCancellable(() =>
    lake.openRun('open the run', { slot, kind, workflowId, runId }),
  );
  const { context } = opening;
  story.attempt = context.attempt;
  noteForLog({ runAttempt: context.attempt });
  story.grant = context.grant;
  story.businessDate = opening.businessDate ?? null;

  try {
    await takeOver(context, opening.cut, tell);
    if (opening.decision === 'superseded') return await close(context, story, 'superseded', opening.message);
    return await play(context, arrivedBy, story, tell);
  } catch (error) {
    // An activity whose worker died while it was being cancelled fails by its timeout: its run was cancelled all the same.
    const cancelled = isCancellation(error) || CancellationScope.current().consideredCancelled;
    const outcome = cancelled ? 'cancelled' : 'failed';
    const message = cancelled ? 'cancelled; its files go into the next run' : rootCause(error);
    await CancellationScope.nonCancellable(() => close(context, story, outcome, message));
    throw error;
  }
}

type OwnSlot = { slot: Slot; kind: RunKind; arrivedBy: string };

/** A run begun by hand takes all that had arrived at its start, to the millisecond; its slot is that instant to the second. */
function ownSlot(): OwnSlot {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const scheduled = typedSearchAttributes.get(SCHEDULED_START);
  const instant = scheduled ?? startTime;
  return { slot: slotOf(instant), kind: scheduled ? 'scheduled' : 'manual', arrivedBy: instant.toISOString() };
}

/** A lock that was terminated has forgotten who waits; asking one that has not changes nothing. */
const ASK_AGAIN = '5 minutes';

export async function waitForTheLake(tell: (stage: string) => void): Promise<void> {
  let granted = false;
  onSignal(LAKE_GRANTED, () => {
    granted = true;
  });
  tell('waiting for the lake (one run writes at a time)');
  const { workflowId, runId } = workflowInfo();
  const ask = () => lake.enterLakeQueue('ask for the lake', { workflowId, runId });
  if (patched('ask-for-the-lake-again')) {
    do await ask();
    while (!(await condition(() => granted, ASK_AGAIN)));
  } else {
    await ask();
    await condition(() => granted);
  }
}

/** What is presumed dead must not write any more, and a publication that was cut short is completed before anything else. */
export async function takeOver(
  context: RunContext,
  cut: CutPublication | null,
  tell: (stage: string) => void,
): Promise<void> {
  tell('taking over: ending what older runs left');
  await lake.endOlderClusters('end clusters of older grants', context);
  if (!cut) return;
  tell(`completing publication ${cut.publication}, cut short in slot ${cut.of.slot}`);
  await CancellationScope.nonCancellable(async () => {
    const own = { context, purpose: 'publish' } as const;
    try {
      const cluster = await startCluster('a small cluster for the cut publication', own);
      await step(cut.of, 'publish', cluster);
      await finishPublication(cut.of, cut.publication);
    } finally {
      await lake.endCluster('end the cluster', own);
    }
  });
}

async function play(
  context: RunContext,
  arrivedBy: string,
  story: Story,
  tell: (stage: string) => void,
): Promise<RunResult> {
  tell('detecting the delivery');
  const delivery = await lake.detectDelivery('find, check and claim the files', { context, arrivedBy });
  story.delivery = delivery;
  upsertSearchAttributes([
    ...foundByDate(story),
    { key: LAKE_FILES, value: delivery.files },
    { key: LAKE_TABLES, value: delivery.tables },
  ]);
  if (delivery.accepted === 0) {
    return close(context, story, 'empty', nothingToDo(delivery));
  }

  await lake.prepareCatalogue('make sure that the databases exist');
  tell('starting the cluster');
  const own = { context, purpose: 'run' } as const;
  let publication: number | null;
  try {
    const cluster = await startCluster('start the EMR cluster', own);
    story.clusterId = cluster.clusterId;
    publication = await writeAuditPublish(context, cluster, story, tell);
  } finally {
    // By name, not by id: a start that was cancelled half-way may have left a cluster that nobody was told of.
    await CancellationScope.nonCancellable(() => lake.endCluster('end the cluster', own));
  }
  if (publication === null) return close(context, story, 'empty', `all ${delivery.files} files were refused`);
  return confirm(context, publication, story, tell);
}

/** Files that are neither refused nor accepted are documents, or wait behind a held delivery. */
function nothingToDo({ files, refused }: DeliverySummary): string {
  if (refused > 0) return `all ${refused} files were refused`;
  return files > 0 ? `none of ${files} files is to be loaded now; the ledger says why of each` : 'no files arrived';
}

/** Runs the layers, lets the gate judge, and publishes. Null when raw refused every file, so that there is nothing to publish. */
async function writeAuditPublish(
  context: RunContext,
  cluster: OwnCluster,
  story: Story,
  tell: (stage: string) => void,
): Promise<number | null> {
  const play = (name: StepName) =>
    step(context, name, cluster, (sentence) => {
      story.clusterId = cluster.clusterId;
      story.warnings.push(sentence);
      tell(story.stage);
    });
  tell('layer raw');
  const raw = await play('raw');
  story.layers.push(raw);
  story.delivery = withRefusals(story.delivery, raw);
  upsertSearchAttributes([{ key: LAKE_ROWS, value: raw.tables.reduce((sum, table) => sum + table.rows, 0) }]);
  if (raw.files?.loaded === 0) return null;
  for (const layer of ['trusted', 'refined'] as const) {
    tell(`layer ${layer}`);
    story.layers.push(await play(layer));
  }

  tell('judging the audits');
  const verdict = await lake.judge('may this slot be published?', context);
  story.warnings.push(...verdict.warnings);
  if (!verdict.passed) throw ApplicationFailure.nonRetryable(verdict.failures.join('; '), 'FailedAudit');

  return CancellationScope.nonCancellable(async () => {
    const { publication, tables } = await lake.planPublication('commit the plan of the publication', context);
    tell(`publishing ${tables} tables`);
    story.layers.push(await play('publish'));
    await finishPublication(context, publication);
    return publication;
  });
}

/** Raw reads the files whole and may refuse some that detection accepted by their header. */
function withRefusals(delivery: DeliverySummary | null, raw: LayerSummary): DeliverySummary | null {
  const refused = raw.files?.refused ?? 0;
  return delivery && { ...delivery, accepted: delivery.accepted - refused, refused: delivery.refused + refused };
}

/** From here on the slot is published: nothing that fails takes it back, and cancellation waits. */
function confirm(
  context: RunContext,
  publication: number,
  story: Story,
  tell: (stage: string) => void,
): Promise<RunResult> {
  return CancellationScope.nonCancellable(async () => {
    const confirmed = await verified(context, publication, story, tell);
    const { accepted = 0, refused = 0 } = story.delivery ?? {};
    const published = refused > 0 ? 'published_with_refusals' : 'published';
    const message = `publication ${publication}: ${accepted} files accepted, ${refused} refused`;
    return close(context, story, confirmed ? published : 'published_unconfirmed', message, publication);
  });
}

async function verified(
  context: RunContext,
  publication: number,
  story: Story,
  tell: (stage: string) => void,
): Promise<boolean> {
  try {
    tell('updating the Glue catalogue');
    await lake.updateCatalogue('descriptions, owners and views in Glue', context);
    tell('verifying in Athena');
    const { confirmed, differences } = await verifyPublication('count through Athena what readers see', publication);
    story.warnings.push(...differences);
    if (confirmed) await lake.confirmPublication('confirm the publication', publication);
    return confirmed;
  } catch (error) {
    story.warnings.push(`Athena did not confirm the publication: ${rootCause(error)}`);
    return false;
  }
}

export async function step(
  context: RunContext,
  name: StepName,
  cluster: OwnCluster,
  replaced?: (sentence: string) => void,
): Promise<LayerSummary> {
  noteForLog({ step: name });
  const { manifest } = await lake.writeManifest(`manifest of ${name}`, { context, step: name });
  const { grant } = cluster.of.context;
  const run = (clusterId: string) =>
    lake.runStep(`EMR step ${name}`, { context, step: name, clusterId, manifest, grant });
  const { stepId } = await onCluster(cluster, run, replaced);
  const { clusterId } = cluster;
  const layer = await lake.recordLayer(`record what ${name} did`, { context, step: name, clusterId, stepId });
  noteForLog({ step: undefined });
  return layer;
}

/** Complete is what readers see: a run that dies between the two leaves a publication that the next one completes. */
export async function finishPublication(context: RunContext, publication: number): Promise<void> {
  await lake.announcePublication(`readers see slot ${context.slot}`, publication);
  await lake.completePublication(`complete publication ${publication}`, publication);
}

/** How a run ended is settled before this: an export that fails is told, and the next run's makes up for it. */
export async function exportTables(context: RunContext): Promise<string[]> {
  try {
    await exportControl('the control tables, for those who read with Athena', context);
    return [];
  } catch (error) {
    return [`the control tables were not exported, the next run does it: ${rootCause(error)}`];
  }
}

const foundByDate = ({ businessDate }: Story) =>
  businessDate === null ? [] : [{ key: LAKE_BUSINESS_DATE, value: businessDate }];

async function close(
  context: RunContext,
  story: Story,
  outcome: RunOutcome,
  message: string,
  publication: number | null = null,
): Promise<RunResult> {
  await lake.closeRun(`close the run as ${outcome}`, { context, outcome, message });
  if (patched('export-control-tables')) {
    story.warnings.push(...(await CancellationScope.nonCancellable(() => exportTables(context))));
  }
  story.outcome = outcome;
  story.stage = message;
  setCurrentDetails(markdown(story));
  upsertSearchAttributes([...foundByDate(story), { key: LAKE_OUTCOME, value: outcome }]);
  upsertMemo({ outcome, message, attempt: context.attempt, grant: context.grant, ...(publication && { publication }) });
  countRun(context.kind, outcome, story);
  log.info(`closed as ${outcome}: ${message}`);
  if (patched('raise-alerts')) await tellPeople();
  return { slot: context.slot, outcome, message, delivery: story.delivery, layers: story.layers, publication };
}

/** The run is closed: neither a failure nor a cancellation here makes it another. */
export async function tellPeople(): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => raiseAlerts('tell people what needs them'));
  } catch (error) {
    log.warn('the alerts of this run wait for the next one or the watchdog', { error: rootCause(error) });
  }
}
