import {
  allHandlersFinished,
  CancellationScope,
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
import { clock } from './clock.ts';
import { LAKE_GRANTED, LAKE_STATE, REQUEST_LAKE } from './names.ts';
import { onSignal } from './signals.ts';
import type { LakeActivities, LakePlace, LakeState } from './types.ts';

export type Requester = { workflowId: string; runId: string };

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
 * holder's run and passes on when that is closed, however that happened. Cancelling the lock changes nothing: those who
 * wait would never be told. To begin anew, terminate it; whoever waits asks again.
 */
export function lakeLock(state: LakeState = { holder: null, queue: [], granted: 0 }): Promise<void> {
  return CancellationScope.nonCancellable(() => serve(state));
}

async function serve(state: LakeState): Promise<void> {
  let grantsHere = 0;
  onSignal(REQUEST_LAKE, (requester) => {
    if (!isRequester(requester)) return log.warn('passed over a request that names no run', { requester });
    if (same(state.holder, requester) || state.queue.some((waiting) => same(waiting, requester))) return;
    const { workflowId, runId } = requester;
    state.queue.push({ workflowId, runId, since: clock() });
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
    const next = state.queue.shift();
    state.holder = next ? { ...next, since: clock() } : null;
    if (state.holder && (await tell(state.holder))) {
      state.granted += 1;
      grantsHere += 1;
    } else {
      state.holder = null;
    }
  }
}

/** Anybody can send a signal, by the UI too: what is no request must not stop the lock for all. */
function isRequester(given: unknown): given is Requester {
  const { workflowId, runId } = (given ?? {}) as Partial<Requester>;
  return typeof workflowId === 'string' && workflowId !== '' && typeof runId === 'string' && runId !== '';
}

/** The signal is durable once the server took it; a requester that is closed by now is passed over. */
async function tell({ workflowId, runId }: Requester): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId, runId).signal(lakeGranted);
    return true;
  } catch (error) {
    log.info('passed over a requester that is closed', { workflowId, runId, error: String(error) });
    return false;
  }
}

/** Waits until the holder's run is closed, and meanwhile shows who joins the queue. */
async function untilClosed({ workflowId, runId }: Requester, state: LakeState): Promise<void> {
  let closed = false;
  const watching = awaitClosed
    .executeWithOptions({ summary: `watching ${workflowId}` }, [{ workflowId, runId }])
    .then(() => {
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
  const since = (place: LakePlace) => (place.since ? `since ${place.since}` : 'since before this was noted');
  const waiting = queue.map((place, index) => `| ${index + 1} | ${place.workflowId} | ${since(place)} |`);
  setCurrentDetails(
    [
      `**Writes the lake now:** ${holder ? `${holder.workflowId} ${since(holder)}` : 'nobody'} (${granted} grants so far)`,
      '',
      '| # | waiting | |',
      '|---|---|---|',
      ...waiting,
    ].join('\n'),
  );
}
