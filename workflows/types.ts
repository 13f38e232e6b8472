/** What goes in and out of workflows and activities: plain, small, versioned with care. Big things go to S3, their keys through here. */

/** The instant a run stands for, as it is written in keys, branches and tags: `20261124T090000Z`. */
export type Slot = string;

export type Layer = 'raw' | 'trusted' | 'refined';
export type StepName = Layer | 'publish';
/** What a Spark job may be started for: the steps of a run, and the comparison that belongs to none. */
export type JobName = StepName | 'rebuild' | 'backfill' | 'maintenance';
export type ClusterPurpose = 'run' | 'publish' | 'rebuild' | 'backfill' | 'maintenance';
export type RunKind = 'scheduled' | 'manual' | 'backfill';

/** One try at a slot under one grant. `run` is the key of its row in the control database. */
export type RunContext = {
  run: number;
  slot: Slot;
  attempt: number;
  /** 0 for a slot of a backfill, which is played without the right to write the lake. */
  grant: number;
  kind: RunKind;
  /** The number of the backfill that it belongs to. */
  backfill?: number;
};

/** A publication whose plan was committed and that was not completed, because its run was cut short. */
export type CutPublication = { publication: number; of: RunContext };

export type Opening = {
  context: RunContext;
  cut: CutPublication | null;
  /** The day in São Paulo that the slot belongs to, such as `2026-01-05`; histories of before have none. */
  businessDate?: string;
} & ({ decision: 'proceed' } | { decision: 'superseded'; message: string });

export type DeliverySummary = {
  files: number;
  accepted: number;
  refused: number;
  documents: number;
  bytes: number;
  tables: string[];
};

/** What a layer's step did, small enough for the web UI; the whole is in the control database. */
export type LayerSummary = {
  step: StepName;
  seconds: number;
  tables: TableSummary[];
  /** Of raw alone, which reads the files whole and may refuse some: how many it loaded and refused. */
  files: { loaded: number; refused: number } | null;
};
export type TableSummary = { table: string; rows: number; changed: number | null; bad: number | null; seconds: number };

export type GateVerdict = { passed: boolean; failures: string[]; warnings: string[] };

export type PublicationSummary = { publication: number; tables: number };

export type RunOutcome =
  | 'empty'
  | 'superseded'
  | 'published'
  | 'published_with_refusals'
  | 'published_unconfirmed'
  | 'failed'
  | 'cancelled';

export type RunResult = {
  slot: Slot;
  outcome: RunOutcome;
  message: string;
  delivery: DeliverySummary | null;
  layers: LayerSummary[];
  publication: number | null;
};

/** What EMR step activities tell their heartbeat and so whoever watches the run. */
export type StepProgress = {
  layer: JobName;
  clusterId: string;
  stepId: string;
  state: string;
  tables: { table: string; state: string; rows: number | null; seconds: number | null }[];
};

/** Which slots have their indicators computed anew: all, or the last one and a few that the seed picks. */
export type RebuildRequest = { all: boolean; seed: number };

/** How a published table differs from what was computed anew; an indicator over all slots that were looked at. */
export type Comparison = {
  table: string;
  slots: number | null;
  rows: number;
  rebuilt: number;
  missing: number;
  extra: number;
  different: number;
  provenance: number;
  examples: string[];
};

export type RebuildResult = {
  slot: Slot;
  slots: Slot[];
  equal: boolean;
  /** How many older slots are no longer kept, so that their indicators cannot be computed anew. */
  expired?: number;
  comparisons: Comparison[];
  metricsUri: string;
};

/** A run that holds the lake or waits for it: since when, UTC. Places that an older release handed over lack the time. */
export type LakePlace = { workflowId: string; runId: string; since?: string };
export type LakeState = { holder: LakePlace | null; queue: LakePlace[]; granted: number };

/** What the signal `backfill` takes. Slots may also be given as instants, such as `2026-11-24T09:00:00Z`. */
export type BackfillRequest = {
  /** The first slot that is played again. */
  from: Slot;
  /** The last one, for `layer: refined` alone: a slot of trusted builds on the one before, so that it is played to the newest. */
  to?: Slot | undefined;
  /** The first layer that is computed again; `trusted` unless said. `raw` reads the CSV files again. */
  layer?: Layer | undefined;
  /** Tables of trusted and indicators; all unless said. What is computed from them is added. */
  tables?: string[] | undefined;
  /** Held files (their numbers) that are released: they are loaded in their own slot. */
  release?: number[] | undefined;
  reason: string;
  /** Only tells what would be done. */
  dryRun?: boolean | undefined;
  /** By which whoever asked finds it again. */
  id?: string | undefined;
};

/** How a backfill can end; `unchanged` when there was nothing to be played. */
export type BackfillEnd = 'rejected' | 'planned' | 'published' | 'unchanged' | 'failed' | 'cancelled';

/** What a backfill covers, as a dry run tells it. */
export type BackfillPlan = {
  layer: Layer;
  from: Slot;
  /**
   * The first slot that trusted is folded again from: `from`, or an older one where the slot before `from` is kept no longer. Of the
   * slots between the two no indicator is computed.
   */
  start: Slot;
  /** The newest slot of which all tables are played; slots published later are played too. */
  to: Slot;
  /** The newest published slot when it was planned. */
  newest: Slot;
  /** By name, what is played: tables of trusted, and indicators that are computed from them, directly or by looking back. */
  trusted: string[];
  refined: string[];
  /** Of those, indicators of which the slots after `to` are played too, as they look back on what changes. */
  lookingBack: string[];
  slots: Slot[];
  release: number[];
  /** Rows of raw that are read, and rows of indicators that are written, by what the slots had when they were published. */
  rows: number;
  /** What the steps took when the slots were published; a cluster's start comes to it. */
  estimatedSeconds: number;
};

/** A backfill as the queue knows it. */
export type BackfillItem = {
  backfill: number;
  state: 'waiting' | 'playing' | BackfillEnd;
  reason: string;
  message: string | null;
  /** What it covers, in short: the whole stands in the control database. */
  plan: (Pick<BackfillPlan, 'layer' | 'from' | 'to' | 'rows' | 'estimatedSeconds'> & { slots: number }) | null;
};

/** How far a backfill is, in slots. */
export type BackfillProgress = { stage: string; done: number; total: number };

/** What is to be played next: a slot's files read again, or some slots through trusted and refined. */
export type NextReplay = {
  step: 'raw' | 'backfill';
  /** Of the slot, or of the last of the slots. */
  context: RunContext;
  manifest: string;
  slots: Slot[];
  done: number;
  total: number;
};

export type BackfillActivities = {
  /** Writes down what was asked, checks it and plans it. A request that cannot be done is answered, not thrown at. */
  registerBackfill(asked: { queue: string; signal: number; request: unknown }): Promise<BackfillItem>;
  nextReplay(backfill: number): Promise<NextReplay | null>;
  recordReplay(request: { backfill: number; slots: Slot[] }): Promise<{ rows: number; seconds: number }>;
  judgeBackfill(backfill: number): Promise<GateVerdict>;
  openSwitch(request: { backfill: number; workflowId: string; runId: string }): Promise<{
    context: RunContext;
    cut: CutPublication | null;
  }>;
  planSwitch(context: RunContext): Promise<PublicationSummary>;
  writeDiscard(backfill: number): Promise<{ context: RunContext; manifest: string } | null>;
  /** @returns how it is closed, which another may have done before. */
  closeBackfill(request: { backfill: number; end: BackfillEnd; message: string }): Promise<BackfillItem>;
};

/**
 * What maintenance may do. `sweep` and `calendar` write no table. `branches`, `compact`, `expire` and `orphans` write tables
 * and are done on one cluster, while the lake is held as by a run.
 */
export const MAINTENANCE_TASKS = ['sweep', 'calendar', 'branches', 'compact', 'expire', 'orphans'] as const;
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];
export type TableTask = Exclude<MaintenanceTask, 'sweep' | 'calendar'>;

export type MaintenanceRequest = { tasks: MaintenanceTask[] };
export type MaintenanceResult = { done: string[] };

/** What a sweep found and settled; `branches` are those that nobody owns, which are dropped while the lake is held. */
export type Sweep = { runs: Slot[]; clusters: string[]; branches: string[] };

/** `context` names the maintenance's cluster, step and manifest; null before the first run, when there are no tables. */
export type MaintenanceOpening = { context: RunContext | null; cut: number | null };

export type MaintenanceActivities = {
  sweep(): Promise<Sweep>;
  refreshCalendar(): Promise<{ changes: string[] }>;
  openMaintenance(request: {
    slot: Slot;
    tasks: MaintenanceTask[];
    workflowId: string;
    runId: string;
  }): Promise<MaintenanceOpening>;
  /** `manifest` is null when no table needs any of it; `notes` say what is left for another time, and why. */
  writeMaintenanceManifest(request: {
    context: RunContext;
    tasks: TableTask[];
  }): Promise<{ manifest: string | null; notes: string[] }>;
  recordMaintenance(request: { context: RunContext; manifest: string }): Promise<{ done: string[] }>;
  closeMaintenance(request: { context: RunContext; message: string }): Promise<void>;
};

type OwnActivities = BackfillActivities & MaintenanceActivities;

/** The activities that the workflows call; `activities/` implements them. */
export type LakeActivities = OwnActivities & {
  enterLakeQueue(request: { workflowId: string; runId: string }): Promise<void>;
  /** @returns how the execution ended; without a run's id the newest of that workflow. */
  awaitClosed(execution: { workflowId: string; runId?: string }): Promise<string>;

  openRun(request: { slot: Slot; kind: RunKind; workflowId: string; runId: string }): Promise<Opening>;
  closeRun(request: { context: RunContext; outcome: RunOutcome; message: string }): Promise<void>;
  /** What it wrote; nothing when all is on S3 as it is in the control database. */
  exportControl(context: RunContext): Promise<{ objects: number; rows: number }>;
  recordLayer(request: {
    context: RunContext;
    step: StepName;
    clusterId: string;
    stepId: string;
  }): Promise<LayerSummary>;
  judge(context: RunContext): Promise<GateVerdict>;
  planPublication(context: RunContext): Promise<PublicationSummary>;
  completePublication(publication: number): Promise<void>;
  confirmPublication(publication: number): Promise<void>;

  detectDelivery(request: { context: RunContext; arrivedBy: string }): Promise<DeliverySummary>;

  prepareCatalogue(): Promise<void>;
  updateCatalogue(context: RunContext): Promise<{ changed: number }>;
  announcePublication(publication: number): Promise<void>;

  endOlderClusters(context: RunContext): Promise<{ ended: string[] }>;
  /** `replacement` counts the clusters that took the place of a lost one; each has a name of its own. */
  startCluster(request: {
    context: RunContext;
    purpose: ClusterPurpose;
    replacement?: number;
  }): Promise<{ clusterId: string }>;
  writeManifest(request: { context: RunContext; step: StepName }): Promise<{ manifest: string }>;
  runStep(request: {
    context: RunContext;
    step: JobName;
    clusterId: string;
    manifest: string;
    /** Under which it is run: not that of `context` when a cut publication is completed for the run that planned it. */
    grant?: number;
  }): Promise<{ stepId: string }>;
  endCluster(request: { context: RunContext; purpose: ClusterPurpose }): Promise<void>;

  writeRebuildManifest(
    request: RebuildRequest & { id: string },
  ): Promise<{ context: RunContext; manifest: string; slots: Slot[]; expired?: number }>;
  readComparisons(request: { manifest: string }): Promise<{ metricsUri: string; comparisons: Comparison[] }>;

  raiseAlerts(): Promise<{ opened: string[] }>;

  verifyPublication(publication: number): Promise<{ confirmed: boolean; differences: string[] }>;
};
