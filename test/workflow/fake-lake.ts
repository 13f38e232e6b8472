import { Context, heartbeat } from '@temporalio/activity';
import { LAKE_GRANTED } from '../../workflows/names.ts';
import type {
  BackfillActivities,
  BackfillItem,
  BackfillRequest,
  DeliverySummary,
  LakeActivities,
  LayerSummary,
  Opening,
  RunContext,
  StepName,
} from '../../workflows/types.ts';

export type FakeLake = {
  activities: LakeActivities;
  /** Every call in the order of its start, such as `runStep raw`. A retry is a call of its own. */
  calls: string[];
  /** How runs were closed. */
  closings: { outcome: string; message: string }[];
};

export const PUBLICATION = 7;

/**
 * Activities on which all goes well: one delivery of two files, one table a layer. `changes` replaces what a test is about;
 * `before` may hold up a call, such as `runStep raw`, before it does anything.
 */
export function fakeLake(
  changes: Partial<LakeActivities> = {},
  before: (call: string) => Promise<unknown> | undefined = () => undefined,
): FakeLake {
  const calls: string[] = [];
  const closings: FakeLake['closings'] = [];
  const activities = { ...quietLake(closings), ...changes };
  const recorded = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      const call = sentence(name, args[0]);
      calls.push(call);
      await before(call);
      return (activity as (...args: never[]) => Promise<unknown>)(...args);
    },
  ]);
  return { activities: Object.fromEntries(recorded), calls, closings };
}

/** The activities of one worker for many tests: each run finds the fakes of its own test by its workflow id. */
export function fakeLakes(): { activities: LakeActivities; lakes: Map<string, FakeLake> } {
  const lakes = new Map<string, FakeLake>();
  const dispatched = Object.keys(quietLake([])).map((name) => [
    name,
    (...args: never[]) => {
      const { workflowId = '' } = Context.current().info.workflowExecution ?? {};
      const activity = lakes.get(workflowId)?.activities[name as keyof LakeActivities];
      if (!activity) throw new Error(`no test has fakes for the run ${workflowId}`);
      return (activity as (...args: never[]) => Promise<unknown>)(...args);
    },
  ]);
  return { activities: Object.fromEntries(dispatched), lakes };
}

function quietLake(closings: FakeLake['closings']): LakeActivities {
  const nothing = async () => undefined;
  return {
    async enterLakeQueue({ workflowId, runId }) {
      await Context.current().client.workflow.getHandle(workflowId, runId).signal(LAKE_GRANTED);
    },
    awaitClosed: async () => 'completed',
    openRun: async (request) => opened(request),
    async closeRun({ outcome, message }) {
      closings.push({ outcome, message });
    },
    exportControl: async () => ({ objects: 10, rows: 40 }),
    recordLayer: async ({ step }) => layer(step),
    judge: async () => ({ passed: true, failures: [], warnings: [] }),
    planPublication: async () => ({ publication: PUBLICATION, tables: 2 }),
    completePublication: nothing,
    confirmPublication: nothing,
    detectDelivery: async () => delivery({ files: 2, accepted: 2 }),
    prepareCatalogue: nothing,
    updateCatalogue: async () => ({ changed: 0 }),
    announcePublication: nothing,
    endOlderClusters: async () => ({ ended: [] }),
    startCluster: async ({ purpose }) => ({ clusterId: `j-${purpose}` }),
    writeManifest: async ({ step }) => ({ manifest: `s3://controle/${step}/manifest.json` }),
    runStep: async ({ step }) => ({ stepId: `s-${step}` }),
    endCluster: nothing,
    writeRebuildManifest: async ({ id }) => ({
      context: { run: 1, slot: '20260105T210000Z', attempt: 1, grant: 1, kind: 'manual' },
      manifest: `s3://controle/rebuild/${id}/manifest.json`,
      slots: ['20260105T090000Z', '20260105T210000Z'],
    }),
    readComparisons: async ({ manifest }) => ({ metricsUri: manifest, comparisons: [] }),
    raiseAlerts: async () => ({ opened: [] }),
    verifyPublication: async () => ({ confirmed: true, differences: [] }),
    ...quietBackfill(),
    sweep: async () => ({ runs: [], clusters: [], branches: [] }),
    refreshCalendar: async () => ({ changes: [] }),
    openMaintenance: async ({ slot }) => ({
      context: { run: 1, slot, attempt: 5, grant: 9, kind: 'manual' },
      cut: null,
    }),
    writeMaintenanceManifest: async () => ({ manifest: 's3://controle/maintenance/5/manifest.json', notes: [] }),
    recordMaintenance: async () => ({ done: ['2 tables compacted'] }),
    closeMaintenance: nothing,
  };
}

/** Backfills that are all as they should be; each plays two slots in one step. */
function quietBackfill(): BackfillActivities {
  let played = false;
  const ends = new Map<number, BackfillItem>();
  const context: RunContext = {
    ...{ run: 9, slot: '20260106T090000Z', attempt: 2, grant: 0, kind: 'backfill', backfill: 1 },
  };
  return {
    registerBackfill: async ({ signal, request }) => backfillItem(signal, request),
    nextReplay: async (backfill) => {
      if (played) return null;
      played = true;
      return {
        ...{
          step: 'backfill',
          context: { ...context, backfill },
          manifest: 's3://controle/backfill/1/a/manifest.json',
        },
        ...{ slots: ['20260105T210000Z', '20260106T090000Z'], done: 0, total: 2 },
      };
    },
    recordReplay: async () => ({ rows: 10, seconds: 1 }),
    judgeBackfill: async () => ({ passed: true, failures: [], warnings: [] }),
    openSwitch: async ({ backfill }) => ({ context: { ...context, backfill, grant: 3 }, cut: null }),
    planSwitch: async () => ({ publication: PUBLICATION, tables: 2 }),
    writeDiscard: async () => ({ context, manifest: 's3://controle/backfill/1/discard/manifest.json' }),
    // Who closes it first says how it ended.
    async closeBackfill({ backfill, end, message }) {
      const first = ends.get(backfill) ?? { ...backfillItem(backfill), state: end, message };
      ends.set(backfill, first);
      return first;
    },
  };
}

/** A backfill that waits; one asked for without a reason is rejected, a dry run is planned. */
export function backfillItem(backfill: number, request: unknown = { reason: 'a test' }): BackfillItem {
  const { reason, dryRun } = (request ?? {}) as Partial<BackfillRequest>;
  const plan = {
    layer: 'trusted' as const,
    from: '20260105T210000Z',
    to: '20260106T090000Z',
    rows: 10,
    estimatedSeconds: 1,
  };
  if (!reason) return { backfill, state: 'rejected', reason: '', message: '"reason" is missing', plan: null };
  return { backfill, state: dryRun ? 'planned' : 'waiting', reason, message: null, plan: { ...plan, slots: 2 } };
}

/** What the control database answers to the first run of a slot, with changes. */
export function opened(
  { slot, kind }: Parameters<LakeActivities['openRun']>[0],
  changes: Partial<Opening> = {},
): Opening {
  const context = { run: 1, slot, attempt: 1, grant: 1, kind };
  return { decision: 'proceed', context, cut: null, businessDate: '2026-01-05', ...changes } as Opening;
}

export function delivery(changes: Partial<DeliverySummary>): DeliverySummary {
  return { files: 0, accepted: 0, refused: 0, documents: 0, bytes: 2_000_000, tables: ['bureau'], ...changes };
}

export function layer(step: StepName, files: LayerSummary['files'] = { loaded: 2, refused: 0 }): LayerSummary {
  const tables = step === 'publish' ? [] : [{ table: 'bureau', rows: 10, changed: null, bad: 0, seconds: 1 }];
  return { step, seconds: 1, tables, files: step === 'raw' ? files : null };
}

/** A gate that a test opens; what waits behind it has been reached when `reached` is done. */
export function gate(): { reached: Promise<void>; wait: () => Promise<void>; open: () => void } {
  const arrival = Promise.withResolvers<void>();
  const opening = Promise.withResolvers<void>();
  const wait = () => {
    arrival.resolve();
    return opening.promise;
  };
  return { reached: arrival.promise, wait, open: opening.resolve };
}

/** Works on, as a long step does, until it is cancelled. @throws CancelledFailure */
export async function untilCancelled(): Promise<never> {
  const beating = setInterval(() => heartbeat(), 20);
  try {
    return await Context.current().cancelled;
  } finally {
    clearInterval(beating);
  }
}

function sentence(activity: string, request: unknown): string {
  if (typeof request === 'number') return `${activity} ${request}`;
  const { step, purpose, outcome, clusterId } = (request ?? {}) as Record<string, string | undefined>;
  const about = step ?? purpose ?? outcome ?? clusterId;
  return about ? `${activity} ${about}` : activity;
}
