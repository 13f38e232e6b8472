import { readEntry } from './load.ts';
import { CatalogueError, type Problem } from './problems.ts';
import type { CompiledCatalogue } from './types.ts';

/** catalog/external-data.yaml: its schema says what the fields mean. */
export interface ExternalData {
  introduction: string;
  datasets: {
    title: string;
    access: string;
    brings: string;
    gap: string;
    indicators: { table: string; gain: string }[];
    link: string;
    cautions: string;
  }[];
  left_out: { title: string; why: string }[];
}

/** What would be worth getting from outside; throws a CatalogueError if it is not sound or names no indicator of ours. */
export function loadExternalData(
  { refined }: Pick<CompiledCatalogue, 'refined'>,
  dir: string = import.meta.dirname,
): ExternalData {
  const problems: Problem[] = [];
  const entry = readEntry<ExternalData>(dir, 'external-data.yaml', 'external-data', problems);
  for (const [i, { indicators }] of (entry?.data.datasets ?? []).entries()) {
    for (const [j, { table }] of indicators.entries()) {
      if (entry === null || table in refined) continue;
      const line = entry.lineOf(['datasets', i, 'indicators', j, 'table']);
      problems.push({ file: entry.file, line, message: `there is no indicator ${table}: mend the name` });
    }
  }
  if (entry === null || problems.length > 0) throw new CatalogueError(problems);
  return entry.data;
}
