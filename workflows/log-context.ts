import type { WorkflowInterceptors } from '@temporalio/workflow';

/** What this workflow has noted so far. Each workflow has modules of its own, so that none sees another's. */
const noted: Record<string, string | number | undefined> = {};

/** From here on each line that the workflow logs carries these; undefined takes one away. */
export function noteForLog(attributes: typeof noted): void {
  Object.assign(noted, attributes);
}

/** Found by the worker under this name. It adds to lines and gives no command, so that histories replay without it. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [{ getLogAttributes: (attributes, next) => next({ ...attributes, ...noted }) }],
});
