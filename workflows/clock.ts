/**
 * The instant of the workflow task that is executed: Temporal's sandbox puts it in the place of the machine's clock, so that a
 * replay sees the same. For people to read alone; no decision may depend on it, as it stands still during a task.
 */
export function clock(): string {
  // biome-ignore lint/plugin: this one place asks for the time, which the sandbox answers with that of the task.
  return new Date().toISOString();
}
