import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import type { TypedSearchAttributes } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { deploymentOptions } from '../../workers/build-id.ts';
import { activityLog, WORKFLOW_INTERCEPTORS } from '../../workers/log-interceptors.ts';
import { ensureSearchAttributes } from '../../workers/search-attributes.ts';
import { DATA_LAKE_RUN_TYPE } from '../../workflows/names.ts';
import { LAKE_SEARCH_ATTRIBUTES, SCHEDULED_START } from '../../workflows/search-attributes.ts';
import type { LakeActivities, RunResult } from '../../workflows/types.ts';

const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

// Runs that fail and are cancelled are what the tests are about: the log of them would hide what fails.
// A test of logs and metrics has installed its own.
if (!Runtime._instance)
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });

/** The project's workflows, bundled as the worker bundles them. */
export const bundleWorkflows = (workflowsPath = WORKFLOWS): Promise<WorkflowBundle> =>
  bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: workflowsPath === WORKFLOWS ? WORKFLOW_INTERCEPTORS : [],
    logger: new DefaultLogger('ERROR'),
  });

/** A server on which time passes at once whenever nothing but a timer is waited for. */
export async function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path', path: program('PODLAKE_TEMPORAL_TEST_SERVER') } as const;
  const server = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  // It takes new search attributes, but cannot list those it has, as `ensureSearchAttributes` would ask, and it has no
  // schedules, so that it does not know their attribute.
  const searchAttributes = Object.fromEntries(
    [...LAKE_SEARCH_ATTRIBUTES, SCHEDULED_START].map(({ name, type }) => [
      name,
      encodeSearchAttributeIndexedValueType(type) ?? 0,
    ]),
  );
  await server.connection.operatorService.addSearchAttributes({ namespace: server.namespace, searchAttributes });
  return server;
}

/** The development server: the real one, with schedules and closed runs' messages, its memory in the process. */
export async function localServer(identity?: string): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path', path: program('PODLAKE_TEMPORAL') } as const;
  const client = identity ? { identity } : {};
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable, log: { format: 'pretty', level: 'error' } },
    client,
  });
  await ensureSearchAttributes(server.client);
  return server;
}

function program(variable: string): string {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} names no program: run the tests by "npm test"`);
  return path;
}

let runs = 0;
/** A name of its own for each run and task queue of a test. */
export const ownName = (prefix: string) => `${prefix}-${process.pid}-${++runs}`;

/** With a `buildId` its workers are of that version, and get work once it is current; without one they are of none. */
export type Workplace = {
  server: TestWorkflowEnvironment;
  workflowBundle: WorkflowBundle;
  identity?: string;
  buildId?: string;
};

/** Starts a worker with these activities; `stop` waits until it has stopped. */
export async function startWorker(
  { server, workflowBundle, identity, buildId }: Workplace,
  activities: Partial<LakeActivities>,
  taskQueue: string,
): Promise<{ stop: () => Promise<void> }> {
  const worker = await Worker.create({
    connection: server.nativeConnection,
    taskQueue,
    workflowBundle,
    activities,
    interceptors: { activity: [activityLog] },
    ...(identity ? { identity } : {}),
    ...(buildId ? { workerDeploymentOptions: deploymentOptions(buildId) } : {}),
    maxHeartbeatThrottleInterval: '50ms',
    defaultHeartbeatThrottleInterval: '50ms',
  });
  const running = worker.run();
  const stop = () => {
    worker.shutdown();
    return running;
  };
  return { stop };
}

type RunOptions = {
  workflowId: string;
  taskQueue: string;
  typedSearchAttributes?: TypedSearchAttributes;
  workflowRunTimeout?: number;
};

/** Starts `dataLakeRun` as the schedule does. */
export const startRun = (client: Client, options: RunOptions) =>
  client.workflow.start<() => Promise<RunResult>>(DATA_LAKE_RUN_TYPE, { ...options, args: [] });

const raw = (encoding: string, data: string | Uint8Array) => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data),
});

/** Arguments that a person can send by the web UI or the CLI, and that no workflow can use. */
export const UNREADABLE = [
  raw('json/protobuf', '{}'),
  raw('json/plain', '{ no JSON'),
  raw('binary/plain', new Uint8Array([1, 2, 255])),
  raw('json/plain', `"${'x'.repeat(1_000_000)}"`),
];

/** A signal whose arguments go to the server as they are. */
export const sendRaw = (
  { client, namespace }: TestWorkflowEnvironment,
  workflowId: string,
  signalName: string,
  payloads: ReturnType<typeof raw>[],
) =>
  client.workflowService.signalWorkflowExecution({
    namespace: namespace ?? 'default',
    ...{ workflowExecution: { workflowId }, signalName, input: { payloads } },
  });
