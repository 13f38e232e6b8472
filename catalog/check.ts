import { checkChecks } from './check-checks.ts';
import { checkPublished } from './check-published.ts';
import { checkRefined } from './check-refined.ts';
import { columnsOf } from './columns.ts';
import type { Problem } from './problems.ts';
import type { Catalogue, Entry, SourceColumnFile, SourceFile, YamlPath } from './types.ts';

/** What is wrong between the files, each of which is sound by itself; nothing when all fits. */
export function checkCatalogue(catalogue: Catalogue): Problem[] {
  const files = new Map(catalogue.sources.map(({ data }) => [data.name, data]));
  // The rest asks for the columns of a source, so `like` has to lead somewhere first.
  const unresolved = catalogue.sources.flatMap((entry) => checkLike(entry, files));
  if (unresolved.length > 0) return unresolved;

  const columns = new Map(catalogue.sources.map(({ data }) => [data.name, columnsOf(data, files)]));
  return [
    ...catalogue.sources.flatMap((entry) => checkSource(entry, columns)),
    ...checkTrusted(catalogue, columns),
    ...checkRefined(catalogue, columns),
    ...checkChecks(catalogue, columns),
    ...checkPublished(catalogue, columns),
  ];
}

function checkLike(entry: Entry<SourceFile>, files: ReadonlyMap<string, SourceFile>): Problem[] {
  const { like, without = [], required = [] } = entry.data;
  if (like === undefined) return [];
  const model = files.get(like);
  if (model?.columns === undefined) {
    return [problem(entry, ['like'], `${like} is not a source with columns of its own: name one of those`)];
  }
  const inModel = new Set(model.columns.map((column) => column.name));
  const unknown = (list: string[], field: string) =>
    list.flatMap((name, i) =>
      inModel.has(name)
        ? []
        : [problem(entry, [field, i], `${like} has no column ${name}: mend the name or remove it`)],
    );
  const left = (name: string) => without.includes(name);
  return [
    ...unknown(without, 'without'),
    ...unknown(required, 'required'),
    ...required.flatMap((name, i) =>
      left(name) ? [problem(entry, ['required', i], `${name} is also under without: keep it in one of the two`)] : [],
    ),
  ];
}

function checkSource(entry: Entry<SourceFile>, all: ReadonlyMap<string, SourceColumnFile[]>): Problem[] {
  const columns = all.get(entry.data.name) ?? [];
  const problems: Problem[] = [];
  if (!columns.some((column) => column.key)) {
    problems.push(
      problem(entry, ['name'], 'no column is marked `key: true`: mark those that tell one row from another'),
    );
  }
  const seen = new Set<string>();
  for (const [i, column] of (entry.data.columns ?? []).entries()) {
    // Trusted names are in lower case, so two that differ by case alone would become one.
    if (seen.has(column.name.toLowerCase())) {
      problems.push(problem(entry, ['columns', i, 'name'], `column ${column.name} stands here twice: remove one`));
    }
    seen.add(column.name.toLowerCase());
    problems.push(...checkValues(entry, i, column));
  }
  return [...problems, ...checkParent(entry, all)];
}

function checkValues(entry: Entry<SourceFile>, i: number, column: SourceColumnFile): Problem[] {
  const numeric = column.type !== 'string';
  const problems: Problem[] = [];
  if (column.sentinel !== undefined && !numeric) {
    problems.push(
      problem(entry, ['columns', i, 'sentinel'], 'a text has no sentinel: remove it, or give a number type'),
    );
  }
  const misfit = column.accepted?.find((value) => (typeof value === 'number') !== numeric);
  if (misfit !== undefined) {
    problems.push(
      problem(
        entry,
        ['columns', i, 'accepted'],
        `accepted value ${misfit} does not fit ${column.type}: write it as one`,
      ),
    );
  }
  return problems;
}

function checkParent(entry: Entry<SourceFile>, all: ReadonlyMap<string, SourceColumnFile[]>): Problem[] {
  const { name, parent } = entry.data;
  if (parent === undefined) return [];
  return [name, ...parent.sources].flatMap((source) => {
    const at: YamlPath = ['parent', 'sources', Math.max(0, parent.sources.indexOf(source))];
    const columns = all.get(source);
    if (columns === undefined) return [problem(entry, at, `parent ${source} is no source: name a file of sources/`)];
    return parent.columns
      .filter((column) => !columns.some((known) => known.name === column))
      .map((column) => problem(entry, ['parent', 'columns'], `${source} has no column ${column}: mend the name`));
  });
}

function checkTrusted(catalogue: Catalogue, columns: ReadonlyMap<string, SourceColumnFile[]>): Problem[] {
  const problems: Problem[] = [];
  for (const entry of catalogue.trusted) {
    const { name, source } = entry.data;
    if (!columns.has(source)) {
      problems.push(problem(entry, ['source'], `${source} is no source: name a file of sources/`));
    } else if (name !== source.toLowerCase()) {
      problems.push(
        problem(entry, ['name'], `must be ${source.toLowerCase()}: a trusted table is named as its source`),
      );
    }
    const parent = catalogue.sources.find(({ data }) => data.name === source)?.data.parent;
    if (entry.data.foreign_key !== undefined && parent === undefined) {
      problems.push(problem(entry, ['foreign_key'], `${source} has no parent: remove foreign_key, or give it one`));
    }
  }
  for (const entry of catalogue.sources) {
    if (!catalogue.trusted.some(({ data }) => data.source === entry.data.name)) {
      const file = `trusted/${entry.data.name.toLowerCase()}.yaml`;
      problems.push(problem(entry, ['name'], `no trusted table is made from this source: write ${file}`));
    }
  }
  return problems;
}

function problem(entry: Entry<unknown>, path: YamlPath, message: string): Problem {
  return { file: entry.file, line: entry.lineOf(path), message };
}
