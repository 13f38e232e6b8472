import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  type Cluster,
  type ClusterSummary,
  DescribeClusterCommand,
  DescribeStepCommand,
  type EMRClient,
  type Instance,
  InvalidRequestException,
  ListClustersCommand,
  ListInstancesCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  type StepStatus,
  type StepSummary,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';

type Answers = (command: unknown) => object;

/** EMR in memory: lists clusters and steps newest first, one a page, as often as EMR itself would make them. */
export class FakeEmr {
  readonly clusters: (ClusterSummary & Cluster)[] = [];
  readonly steps: StepSummary[] = [];
  /** Of every cluster. */
  readonly instances: Instance[] = [];
  /** The commands in order, by the client that sent them: `emr ListClusters`, `once RunJobFlow`. */
  readonly sent: string[] = [];
  /** How many clusters and steps one request makes: two, when a request was repeated on its way. */
  copies = 1;
  /** The names of commands that it does not answer. */
  readonly fails = new Set<string>();
  /** What happens to a step each time that it is looked at. */
  onDescribeStep: (step: StepSummary) => void = (step) => setState(step, 'COMPLETED');

  onDescribeCluster: () => void = () => undefined;

  client(name: 'emr' | 'once'): EMRClient {
    const send = async (command: object) => {
      const what = command.constructor.name.replace('Command', '');
      this.sent.push(`${name} ${what}`);
      if (this.fails.has(what)) throw new Error(`${what}: Rate exceeded`);
      return this.answer(command);
    };
    return { send } as unknown as EMRClient;
  }

  times(command: string): number {
    return this.sent.filter((sent) => sent.endsWith(` ${command}`)).length;
  }

  /** A cluster that is there; the later it is made, the younger. */
  addCluster(Name: string, State: string): string {
    const Id = `j-${this.clusters.length + 1}`;
    const CreationDateTime = new Date(Date.UTC(2026, 0, 5, 9, this.clusters.length));
    this.clusters.push({ Id, Name, Status: { State, Timeline: { CreationDateTime } } } as ClusterSummary & Cluster);
    return Id;
  }

  addStep(Name: string, State: string): string {
    const Id = `s-${this.steps.length + 1}`;
    this.steps.push({ Id, Name, Status: { State } } as StepSummary);
    return Id;
  }

  stateOf = (id: string) => [...this.clusters, ...this.steps].find(({ Id }) => Id === id)?.Status?.State;

  private readonly answer: Answers = (command) => {
    if (command instanceof ListClustersCommand) {
      const { ClusterStates = [], Marker } = command.input;
      const wanted = this.clusters.filter(({ Status }) => (ClusterStates as unknown[]).includes(Status?.State));
      return page('Clusters', wanted.reverse(), Marker);
    }
    if (command instanceof ListStepsCommand) return page('Steps', [...this.steps].reverse(), command.input.Marker);
    if (command instanceof RunJobFlowCommand) {
      const ids = this.repeat(() => this.addCluster(command.input.Name ?? '', 'STARTING'));
      return { JobFlowId: ids[0] };
    }
    if (command instanceof AddJobFlowStepsCommand) {
      const [step] = command.input.Steps ?? [];
      return { StepIds: this.repeat(() => this.addStep(step?.Name ?? '', 'PENDING')) };
    }
    if (command instanceof TerminateJobFlowsCommand) {
      for (const cluster of this.clusters)
        if (command.input.JobFlowIds?.includes(cluster.Id ?? '')) setState(cluster, 'TERMINATED');
      return {};
    }
    if (command instanceof CancelStepsCommand) {
      for (const step of this.steps) if (command.input.StepIds?.includes(step.Id ?? '')) setState(step, 'CANCELLED');
      return {};
    }
    if (command instanceof DescribeClusterCommand) {
      this.onDescribeCluster();
      const Cluster = this.clusters.find(({ Id }) => Id === command.input.ClusterId);
      const message = `Cluster id '${command.input.ClusterId}' is not valid.`;
      if (!Cluster) throw new InvalidRequestException({ message, $metadata: {} });
      return { Cluster };
    }
    if (command instanceof ListInstancesCommand) return page('Instances', this.instances, command.input.Marker);
    if (command instanceof DescribeStepCommand) {
      const step = this.steps.find(({ Id }) => Id === command.input.StepId);
      if (step) this.onDescribeStep(step);
      return { Step: step };
    }
    throw new Error(`EMR was asked for ${(command as object).constructor.name}`);
  };

  private repeat<T>(make: () => T): T[] {
    return Array.from({ length: this.copies }, make);
  }
}

export function setState(of: { Status?: { State?: string } }, State: string, more: Partial<StepStatus> = {}): void {
  of.Status = { ...of.Status, ...more, State };
}

/** One entry a page, so that whoever reads only the first misses the rest. */
function page(name: string, all: object[], Marker: string | undefined): object {
  const start = Number(Marker ?? 0);
  const more = start + 1 < all.length ? { Marker: String(start + 1) } : {};
  return { [name]: all.slice(start, start + 1), ...more };
}
