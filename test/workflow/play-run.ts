import { type Client, WorkflowFailedError, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { SCHEDULED_START } from '../../workflows/search-attributes.ts';
import type { LakeActivities, RunResult } from '../../workflows/types.ts';
import { type FakeLake, fakeLakes } from './fake-lake.ts';
import { bundleWorkflows, ownName, startRun, startWorker, timeSkippingServer } from './temporal.ts';

export type Handle = WorkflowHandleWithFirstExecutionRunId<() => Promise<RunResult>>;

/** Starts a run on this lake, scheduled for `nominal` if given, and lets `watch` see it. */
export type Play = <T>(lake: FakeLake, watch: (handle: Handle) => Promise<T>, nominal?: Date) => Promise<T>;

/** For one file of tests: a server on which time is skipped, and a worker on it; gives the client once they are up. */
export function workerOnTimeSkippingServer(activities: Partial<LakeActivities>, taskQueue: string): () => Client {
  let server: TestWorkflowEnvironment;
  let worker: { stop: () => Promise<void> };
  beforeAll(async () => {
    const [started, workflowBundle] = await Promise.all([timeSkippingServer(), bundleWorkflows()]);
    server = started;
    worker = await startWorker({ server, workflowBundle }, activities, taskQueue);
  });
  afterAll(async () => {
    await worker?.stop();
    await server?.teardown();
  });
  return () => server.client;
}

/** The same, to play runs on. */
export function onTimeSkippingServer(): Play {
  const { activities, lakes } = fakeLakes();
  const taskQueue = ownName('lake');
  const client = workerOnTimeSkippingServer(activities, taskQueue);
  return async (lake, watch, nominal) => {
    const workflowId = ownName('run');
    lakes.set(workflowId, lake);
    const typedSearchAttributes = new TypedSearchAttributes(nominal ? [{ key: SCHEDULED_START, value: nominal }] : []);
    return watch(await startRun(client(), { workflowId, taskQueue, typedSearchAttributes }));
  };
}

export const resultOf = (handle: Handle) => handle.result();

/** What the web UI shows as current details. */
export async function detailsOf(handle: Handle): Promise<string> {
  return (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
}

/** The innermost failure of a run that must not succeed. */
export async function failureOf(handle: Handle): Promise<Error | undefined> {
  const error = await handle.result().then(
    ({ outcome }) => expect.fail(`the run ended as ${outcome}`),
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  let cause = (error as WorkflowFailedError).cause;
  while (cause?.cause instanceof Error) cause = cause.cause;
  return cause;
}

/** That of these calls each was made once, in this order, whatever came between. */
export const inOrder = (calls: string[], ...wanted: string[]) =>
  expect(calls.filter((call) => wanted.includes(call))).toEqual(wanted);
