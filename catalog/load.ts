import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { checkCatalogue } from './check.ts';
import { readLineage } from './lineage/stored.ts';
import { CatalogueError, type Problem } from './problems.ts';
import { readPublishedSchema } from './published-schema.ts';
import { type SchemaName, schemaFaults } from './schema.ts';
import type { Catalogue, Entry, RefinedEntry, RefinedFile, SourceFile, TrustedFile, YamlPath } from './types.ts';

/**
 * Reads the folders `sources`, `trusted` and `refined` under `dir` and checks all of it.
 * Throws a CatalogueError that names file, line and remedy of everything that is wrong.
 */
export function loadCatalogue(dir: string = import.meta.dirname): Catalogue {
  const problems: Problem[] = [];
  const catalogue: Catalogue = {
    sources: readFolder<SourceFile>(dir, 'sources', 'source', problems),
    trusted: readFolder<TrustedFile>(dir, 'trusted', 'trusted', problems),
    refined: withSql(dir, readFolder<RefinedFile>(dir, 'refined', 'refined', problems), problems),
    lineage: readLineage(dir),
    published: readPublishedSchema(dir),
  };
  // What crosses files only makes sense once each file is sound by itself.
  if (problems.length === 0) problems.push(...checkCatalogue(catalogue));
  if (problems.length > 0) throw new CatalogueError(problems);
  return catalogue;
}

function readFolder<T extends { name: string }>(
  dir: string,
  folder: string,
  schema: SchemaName,
  problems: Problem[],
): Entry<T>[] {
  const entries: Entry<T>[] = [];
  for (const name of listFiles(dir, folder, '.yaml')) {
    const entry = readEntry<T>(dir, join(folder, name), schema, problems);
    if (entry === null) continue;
    if (`${entry.data.name}.yaml` !== name) {
      problems.push({
        file: entry.file,
        line: entry.lineOf(['name']),
        message: `the name ${entry.data.name} differs from the file's: rename the file to ${entry.data.name}.yaml or mend the name`,
      });
    }
    entries.push(entry);
  }
  return entries;
}

/** One YAML file of the catalogue, checked against its schema; null, with the problems added, when it is not sound. */
export function readEntry<T>(dir: string, path: string, schema: SchemaName, problems: Problem[]): Entry<T> | null {
  const file = displayName(dir, path);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(join(dir, path), 'utf8'), { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;

  const [syntax] = document.errors;
  if (syntax) {
    problems.push({ file, line: lineAt(syntax.pos[0]), message: `not valid YAML: ${syntax.message}` });
    return null;
  }

  // The deepest part of the path that exists: a missing field is reported on the object that lacks it.
  const lineOf = (at: YamlPath): number => {
    for (let depth = at.length; depth > 0; depth--) {
      const node = document.getIn(at.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return lineAt(node.range[0]);
    }
    return 1;
  };

  const data: unknown = document.toJS();
  const faults = schemaFaults(schema, data);
  problems.push(...faults.map((fault) => ({ file, line: lineOf(fault.path), message: fault.message })));
  return faults.length > 0 ? null : { file, data: data as T, lineOf };
}

function withSql(dir: string, entries: Entry<RefinedFile>[], problems: Problem[]): RefinedEntry[] {
  const unclaimed = new Set(listFiles(dir, 'refined', '.sql'));
  const complete: RefinedEntry[] = [];
  for (const entry of entries) {
    const name = `${entry.data.name}.sql`;
    if (unclaimed.delete(name)) {
      // Line ends are made equal, so that the content hash is the same wherever git checked the file out.
      const sql = readFileSync(join(dir, 'refined', name), 'utf8').replaceAll('\r\n', '\n');
      complete.push({ ...entry, sqlFile: displayName(dir, join('refined', name)), sql });
    } else {
      problems.push({ file: entry.file, line: 1, message: `its SQL is missing: write refined/${name} beside it` });
    }
  }
  if (problems.length === 0) {
    for (const name of unclaimed) {
      const yaml = `refined/${basename(name, '.sql')}.yaml`;
      problems.push({
        file: displayName(dir, join('refined', name)),
        line: 1,
        message: `nothing describes this SQL: write ${yaml} beside it`,
      });
    }
  }
  return complete;
}

function listFiles(dir: string, folder: string, extension: string): string[] {
  const path = join(dir, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(extension))
    .sort();
}

/** The file as a reader of the repository knows it, for instance `catalog/sources/bureau.yaml`. */
function displayName(dir: string, path: string): string {
  return relative(join(dir, '..'), join(dir, path)).replaceAll('\\', '/');
}
