import type { VersioningBehavior } from '@temporalio/common';
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import {
  BACKFILL_QUEUE_TYPE,
  DATA_LAKE_RUN_TYPE,
  LAKE_LOCK_TYPE,
  MAINTENANCE_TYPE,
  PLAY_BACKFILL_TYPE,
  REBUILD_VERIFY_TYPE,
} from './names.ts';

/**
 * What a deployment does to workflows that run, by type. A pinned one ends on the code that it began with, whose workers have
 * to live as long as it does. One that lives for months goes over to the new code, which has to replay its history.
 */
export const VERSIONING = {
  [DATA_LAKE_RUN_TYPE]: 'PINNED',
  [REBUILD_VERIFY_TYPE]: 'PINNED',
  [PLAY_BACKFILL_TYPE]: 'PINNED',
  [MAINTENANCE_TYPE]: 'PINNED',
  [LAKE_LOCK_TYPE]: 'AUTO_UPGRADE',
  [BACKFILL_QUEUE_TYPE]: 'AUTO_UPGRADE',
} as const satisfies Record<string, VersioningBehavior>;

type Workflow = (...args: never[]) => Promise<unknown>;

/** Tells the server the versioning of the workflows, each by its line in the table; neither may lack one of the other. */
export function versioned(workflows: Record<keyof typeof VERSIONING, Workflow>): void {
  for (const workflow of Object.values(workflows)) setWorkflowOptions(ownVersioning, workflow);
}

/** The server fails tasks with a versioning from workers that have no deployment, as those of tests. */
function ownVersioning() {
  const { workflowType, currentDeploymentVersion } = workflowInfo();
  const versioningBehavior = VERSIONING[workflowType as keyof typeof VERSIONING];
  return currentDeploymentVersion?.deploymentName ? { versioningBehavior } : {};
}
