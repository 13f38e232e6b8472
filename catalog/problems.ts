/** One thing wrong with the catalogue: where it stands, what it is and what to do. Lines count from 1. */
export interface Problem {
  file: string;
  line: number;
  message: string;
}

/** All that is wrong at once, so that a person mends it in one go. */
export class CatalogueError extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    const lines = problems.map((p) => `  ${p.file}:${p.line}: ${p.message}`);
    super(
      `The catalogue has ${problems.length === 1 ? 'an error' : `${problems.length} errors`}:\n${lines.join('\n')}`,
    );
    this.name = 'CatalogueError';
    this.problems = problems;
  }
}
