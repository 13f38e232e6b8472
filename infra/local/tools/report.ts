/** One line of progress for a person who waits: what is being done, not how. */
export type Report = (line: string) => void;

/** A problem of the machine (a missing tool, a full disk, a taken port) in one sentence that ends with the remedy. */
export class MachineProblem extends Error {
  override readonly name = 'MachineProblem';
}
