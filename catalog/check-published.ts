import type { Problem } from './problems.ts';
import { isWider, PUBLISHED_SCHEMA } from './published-schema.ts';
import type { Catalogue, Entry, PublishedTable, SourceColumnFile, SourceFile, YamlPath } from './types.ts';

/** One table as the catalogue has it now, and where its parts stand: `at` a column of it, or its key. */
type Declared = {
  name: string;
  key: string[];
  columns: { name: string; type: string }[];
  at: (column: string) => Pick<Problem, 'file' | 'line'>;
  atKey: Pick<Problem, 'file' | 'line'>;
};

/** Changes that the published tables cannot follow: a schema grows by columns and by wider types, in no other way. */
export function checkPublished(catalogue: Catalogue, columns: ReadonlyMap<string, SourceColumnFile[]>): Problem[] {
  const { trusted, refined } = catalogue.published;
  return [
    ...catalogue.trusted.flatMap(({ data }) => {
      const published = trusted[data.name];
      const source = catalogue.sources.find((entry) => entry.data.name === data.source);
      if (!published || !source) return [];
      return checkTable(published, declaredBySource(data.name, source, catalogue, columns.get(data.source) ?? []));
    }),
    ...catalogue.refined.flatMap((entry) => {
      const published = refined[entry.data.name];
      if (!published) return [];
      const at = (column: string) => {
        const index = entry.data.columns.findIndex(({ name }) => name === column);
        return place(entry, index < 0 ? ['columns'] : ['columns', index, 'type']);
      };
      const { name, key, columns: declared } = entry.data;
      return checkTable(published, {
        name: `refined.${name}`,
        key,
        columns: declared,
        at,
        atKey: place(entry, ['key']),
      });
    }),
  ];
}

function declaredBySource(
  table: string,
  source: Entry<SourceFile>,
  catalogue: Catalogue,
  columns: SourceColumnFile[],
): Declared {
  // The columns of a source that is like another stand in the other's file; what it leaves out stands in its own.
  const home = catalogue.sources.find(({ data }) => data.name === source.data.like) ?? source;
  const at = (column: string) => {
    const isIt = (name: string) => name.toLowerCase() === column;
    const left = source.data.without?.findIndex(isIt) ?? -1;
    if (left >= 0) return place(source, ['without', left]);
    const index = home.data.columns?.findIndex(({ name }) => isIt(name)) ?? -1;
    return place(home, index < 0 ? ['columns'] : ['columns', index, 'type']);
  };
  return {
    name: `trusted.${table}`,
    key: columns.filter(({ key }) => key).map(({ name }) => name.toLowerCase()),
    columns: columns.map(({ name, type }) => ({ name: name.toLowerCase(), type })),
    at,
    atKey: place(home, ['columns']),
  };
}

function checkTable(published: PublishedTable, table: Declared): Problem[] {
  const now = new Map(table.columns.map(({ name, type }) => [name, type]));
  const gone = Object.keys(published.columns).filter((name) => !now.has(name));
  const added = table.columns.filter(({ name }) => !(name in published.columns));
  const problems: Problem[] = gone.map((name) => ({
    ...table.at(name),
    message: `column ${name} of ${table.name} is published, and one is never ${wasRenamed(gone, added) ?? 'removed'}: the table keeps it for all its history, so put it back${NEVER}`,
  }));
  for (const [name, before] of Object.entries(published.columns)) {
    const type = now.get(name);
    if (type === undefined || type === before || isWider(type, before)) continue;
    problems.push({
      ...table.at(name),
      message: `column ${name} of ${table.name} is published as ${before}, and a type may only widen (int to bigint, a decimal to more digits before the point): ${type} does not hold all that is there, so give it ${before} or add a column of another name${NEVER}`,
    });
  }
  if (published.key.join() !== table.key.join()) {
    problems.push({
      ...table.atKey,
      message: `the key of ${table.name} is published as ${words(published.key)}, now it is ${words(table.key)}: rows that are published could not be told apart or found again, so keep the key or describe another table${NEVER}`,
    });
  }
  return problems;
}

const NEVER = ` (if no lake ever had this, mend catalog/${PUBLISHED_SCHEMA})`;

/** One column gone and one new: most likely the same under another name. */
const wasRenamed = (gone: string[], added: { name: string }[]) =>
  gone.length === 1 && added.length === 1 ? `renamed (to ${added[0]?.name}, it seems)` : null;

const words = (key: string[]) => key.join(', ') || 'none';

const place = (entry: Entry<unknown>, path: YamlPath) => ({ file: entry.file, line: entry.lineOf(path) });
