import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { LAKE_GRANTED, LAKE_STATE, REQUEST_LAKE } from './names.ts';
import type { LakeActivities } from './types.ts';

export type Requester = { workflowId: string; runId: string };
export type LakeState = { holder: Requester | null; queue: Requester[]; granted: number };

export const requestLake = defineSignal<[Requester]>(REQUEST_LAKE);
export const lakeGranted = defineSignal(LAKE_GRANTED);
export const lakeState = defineQuery<LakeState>(LAKE_STATE);

/** After this many grants the history is cut; queue and holder go along. */
const GRANTS_PER_RUN = 200;

const { awaitClosed } = proxyActivities<Pick<LakeActivities, 'awaitClosed'>>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', maximumInterval: '10s' },
});

const same = (a: Requester | null, b: Requester) => a?.workflowId === b.workflowId && a.runId === b.runId;

/**
 * One writer at a time, in order of asking. The lock does not wait to be told that the holder is done: it watches the
 * holder's run and passes on when that is closed, however that happened.
 */
export async function lakeLock(state: LakeState = { holder: null, queue: [], granted: 0 }): Promise<void> {
  let grantsHere = 0;
  setHandler(requestLake, (requester) => {
    if (same(state.holder, requester) || state.queue.some((waiting) => same(waiting, requester))) return;
    state.queue.push(requester);
  });
  setHandler(lakeState, () => state);

  for (;;) {
    show(state);
    if (state.holder) {
      await untilClosed(state.holder, state);
      state.holder = null;
    }
    if (grantsHere >= GRANTS_PER_RUN || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof lakeLock>(state);
    }
    await condition(() => state.queue.length > 0);
    // The holder already while it is told: asked for once more meanwhile, the lake is not queued for twice.
    state.holder = state.queue.shift() ?? null;
    if (state.holder && (await tell(state.holder))) {
      state.granted += 1;
      grantsHere += 1;
    } else {
      state.holder = null;
    }
  }
}

/** The signal is durable once the server took it; a requester that is closed by now is passed over. */
async function tell(requester: Requester): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(requester.workflowId, requester.runId).signal(lakeGranted);
    return true;
  } catch (error) {
    log.info('passed over a requester that is closed', { ...requester, error: String(error) });
    return false;
  }
}

/** Waits until the holder's run is closed, and meanwhile shows who joins the queue. */
async function untilClosed(holder: Requester, state: LakeState): Promise<void> {
  let closed = false;
  const watching = awaitClosed.executeWithOptions({ summary: `watching ${holder.workflowId}` }, [holder]).then(() => {
    closed = true;
  });
  const drawing = (async () => {
    for (let drawn = -1; !closed; drawn = state.queue.length) {
      show(state);
      await condition(() => closed || state.queue.length !== drawn);
    }
  })();
  await Promise.all([watching, drawing]);
}

function show({ holder, queue, granted }: LakeState): void {
  const waiting = queue.map((requester, index) => `| ${index + 1} | ${requester.workflowId} |`);
  setCurrentDetails(
    [
      `**Writes the lake now:** ${holder?.workflowId ?? 'nobody'} (${granted} grants so far)`,
      '',
      '| # | waiting |',
      '|---|---|',
      ...waiting,
    ].join('\n'),
  );
}
