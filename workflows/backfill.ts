import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { ASK_BACKFILL, BACKFILL_PROGRESS, BACKFILLS, backfillId, CANCEL_BACKFILL } from './names.ts';
import { playBackfill } from './play-backfill.ts';
import { onSignal } from './signals.ts';
import { awaitClosed, lake } from './steps.ts';
import type { BackfillItem, BackfillProgress } from './types.ts';

/** What the query `backfills` shows: who is played, who waits, and how the last ones ended, newest first. */
export type BackfillQueue = {
  playing: (BackfillItem & { progress: BackfillProgress | null }) | null;
  waiting: BackfillItem[];
  /** Asked for, and not looked at yet. */
  unread: number;
  ended: BackfillItem[];
};

/** What is carried over when the history is cut. */
type State = BackfillQueue & {
  /** The first execution of the queue: with a signal's number it tells one request from all others. */
  queue: string;
  signals: number;
  inbox: { signal: number; request: unknown }[];
  cancelled: number[];
};

export const backfills = defineQuery<BackfillQueue>(BACKFILLS);

/** As many ended ones are shown; all are in the control database. */
const SHOWN = 50;
/** After this many requests and ends the history is cut, unless the server asks for it before. */
const EVENTS_PER_RUN = 100;

/**
 * The queue of backfills: one is played after the other, in the order of asking. Every signal is written down, also one that
 * cannot be done; a dry run is answered at once. The queue watches its child as the lake's lock watches a holder, so that its
 * own history can be cut while one is played.
 */
export async function backfill(carried?: State): Promise<void> {
  const state: State = carried ?? {
    ...{ queue: workflowInfo().firstExecutionRunId, signals: 0, inbox: [], cancelled: [] },
    ...{ playing: null, waiting: [], unread: 0, ended: [] },
  };
  let handled = 0;
  onSignal(ASK_BACKFILL, (request) => {
    state.signals += 1;
    state.inbox.push({ signal: state.signals, request: request ?? null });
  });
  onSignal(CANCEL_BACKFILL, (which) => {
    const all = [...state.waiting, ...(state.playing ? [state.playing] : [])].map((one) => one.backfill);
    const number = whichToCancel(which);
    if (number === null) log.warn('passed over a cancellation that names no backfill', { which });
    state.cancelled.push(...all.filter((one) => number === 'all' || one === number));
  });
  onSignal(BACKFILL_PROGRESS, (number, progress) => {
    if (!state.playing || state.playing.backfill !== number || !isProgress(progress)) return;
    state.playing.progress = progress;
    show(state);
  });
  setHandler(backfills, () => shown(state));

  const cut = () => handled >= EVENTS_PER_RUN || workflowInfo().continueAsNewSuggested;
  let watched: Watch | null = null;
  for (;;) {
    if (state.playing && !watched) watched = watch(state.playing.backfill);
    show(state);
    await condition(
      () =>
        state.inbox.length > 0 || state.cancelled.length > 0 || watched?.closed === true || mayStart(state) || cut(),
    );
    if (cut()) {
      watched?.scope.cancel();
      await watched?.done;
      await condition(allHandlersFinished);
      await continueAsNew<typeof backfill>(state);
    } else if (state.inbox.length > 0) {
      await register(state);
      handled += 1;
    } else if (state.cancelled.length > 0) {
      await cancelNext(state);
    } else if (state.playing && watched?.closed) {
      end(
        state,
        await lake.closeBackfill(`note how backfill ${state.playing.backfill} ended`, closedUnheard(state.playing)),
      );
      state.playing = null;
      watched = null;
      handled += 1;
    } else if (mayStart(state)) {
      const next = state.waiting.shift() as BackfillItem;
      state.playing = { ...next, state: 'playing', progress: null };
      await start(next);
    }
  }
}

/** Of `{ backfill: 7 }` that one, of `{}` or nothing all that wait or are played; what is neither must not cancel everything. */
function whichToCancel(which: unknown): number | 'all' | null {
  if (which === undefined || which === null) return 'all';
  if (typeof which !== 'object' || Array.isArray(which) || Object.keys(which).some((key) => key !== 'backfill'))
    return null;
  const { backfill: number } = which as { backfill?: unknown };
  if (number === undefined) return 'all';
  return typeof number === 'number' ? number : null;
}

function isProgress(given: unknown): given is BackfillProgress {
  const { stage, done, total } = (given ?? {}) as Partial<BackfillProgress>;
  return typeof stage === 'string' && typeof done === 'number' && typeof total === 'number';
}

const mayStart = ({ playing, waiting }: State) => playing === null && waiting.length > 0;

async function register(state: State): Promise<void> {
  const [next] = state.inbox;
  if (!next) return;
  const item = await lake.registerBackfill(`write down and plan request ${next.signal}`, {
    queue: state.queue,
    ...next,
  });
  state.inbox.shift();
  if (item.state === 'waiting') state.waiting.push(item);
  else end(state, item);
}

function end(state: State, item: BackfillItem): void {
  state.ended = [item, ...state.ended].slice(0, SHOWN);
}

/** One that waits is closed here, one that is played closes itself; a number that is neither was closed meanwhile. */
async function cancelNext(state: State): Promise<void> {
  const number = state.cancelled.shift();
  const waiting = state.waiting.find((one) => one.backfill === number);
  if (waiting) {
    state.waiting = state.waiting.filter((one) => one !== waiting);
    const message = 'cancelled before it began';
    end(
      state,
      await lake.closeBackfill(`cancel backfill ${number}`, { backfill: waiting.backfill, end: 'cancelled', message }),
    );
  } else if (number !== undefined && state.playing?.backfill === number) {
    await getExternalWorkflowHandle(backfillId(number))
      .cancel()
      .catch((error: unknown) => log.info('the backfill is closed already', { number, error: String(error) }));
  }
}

async function start({ backfill: number, reason }: BackfillItem): Promise<void> {
  await startChild(playBackfill, {
    workflowId: backfillId(number),
    args: [number],
    // The queue may be cut, or even be ended, while it plays.
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `Backfill ${number}: ${reason}`,
  });
}

type Watch = { scope: CancellationScope; done: Promise<void>; closed: boolean };

function watch(number: number): Watch {
  const scope = new CancellationScope();
  const watched: Watch = { scope, closed: false, done: Promise.resolve() };
  watched.done = scope.run(async () => {
    try {
      await awaitClosed.executeWithOptions({ summary: `watching ${backfillId(number)}` }, [
        { workflowId: backfillId(number) },
      ]);
      watched.closed = true;
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  });
  return watched;
}

/** A child says itself how it ended; of one that was terminated this is all that is known. */
const closedUnheard = ({ backfill: number }: BackfillItem) => ({
  ...{
    backfill: number,
    end: 'cancelled' as const,
    message: 'its workflow was closed without a word, as when it is terminated',
  },
});

const shown = ({ playing, waiting, inbox, ended }: State): BackfillQueue => ({
  ...{ playing, waiting, unread: inbox.length, ended },
});

function show(state: State): void {
  const { playing, waiting, ended } = state;
  const line = (one: BackfillItem) =>
    `| ${one.backfill} | ${one.state} | ${cell(one.plan ? `${one.plan.layer} from ${one.plan.from}, ${one.plan.slots} slots` : '')} | ${cell(one.message ?? '')} |`;
  const progress = playing?.progress;
  setCurrentDetails(
    [
      playing
        ? `**Backfill ${playing.backfill} is played:** ${progress ? `${progress.stage} (${progress.done} of ${progress.total} slots)` : 'beginning'}`
        : '**No backfill is played.**',
      '',
      `Waiting: ${waiting.length + state.inbox.length}`,
      '',
      ...(waiting.length + ended.length > 0 ? ['| backfill | state | what | said |', '|---:|---|---|---|'] : []),
      ...waiting.slice(0, 10).map(line),
      ...ended.slice(0, 10).map(line),
    ].join('\n'),
  );
}

const cell = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 200);
