/** What goes in and out of workflows and activities: plain, small, versioned with care. Big things go to S3, their keys through here. */

/** The instant a run stands for, as it is written in keys, branches and tags: `20261124T090000Z`. */
export type Slot = string;

export type Layer = 'raw' | 'trusted' | 'refined';
export type StepName = Layer | 'publish';
/** What a Spark job may be started for: the steps of a run, and the comparison that belongs to none. */
export type JobName = StepName | 'rebuild';
export type ClusterPurpose = 'run' | 'publish' | 'rebuild';
export type RunKind = 'scheduled' | 'manual';

/** One try at a slot under one grant. `run` is the key of its row in the control database. */
export type RunContext = { run: number; slot: Slot; attempt: number; grant: number; kind: RunKind };

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
  comparisons: Comparison[];
  metricsUri: string;
};

/** A run that holds the lake or waits for it: since when, UTC. Places that an older release handed over lack the time. */
export type LakePlace = { workflowId: string; runId: string; since?: string };
export type LakeState = { holder: LakePlace | null; queue: LakePlace[]; granted: number };

/** The activities that the workflows call; `activities/` implements them. */
export type LakeActivities = {
  enterLakeQueue(request: { workflowId: string; runId: string }): Promise<void>;
  awaitClosed(execution: { workflowId: string; runId: string }): Promise<string>;

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
  }): Promise<{ stepId: string }>;
  endCluster(request: { context: RunContext; purpose: ClusterPurpose }): Promise<void>;

  writeRebuildManifest(
    request: RebuildRequest & { id: string },
  ): Promise<{ context: RunContext; manifest: string; slots: Slot[] }>;
  readComparisons(request: { manifest: string }): Promise<{ metricsUri: string; comparisons: Comparison[] }>;

  verifyPublication(publication: number): Promise<{ confirmed: boolean; differences: string[] }>;
};
