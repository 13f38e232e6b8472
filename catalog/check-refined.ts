import type { Problem } from './problems.ts';
import { foreignReads, knowsItsSlot, publishedRead, resultColumns, tablesRead, wordsOf } from './sql.ts';
import type { Catalogue, RefinedEntry, SourceColumnFile } from './types.ts';

// The job appends these two to every refined table.
const APPENDED = ['ts_referencia', 'data_referencia'];

/** What does not fit between a refined table's YAML, its SQL and the trusted tables that it reads. */
export function checkRefined(catalogue: Catalogue, columns: ReadonlyMap<string, SourceColumnFile[]>): Problem[] {
  const sourceOf = new Map(catalogue.trusted.map(({ data }) => [data.name, data.source]));
  return catalogue.refined.flatMap((entry) => [
    ...checkShape(entry),
    ...checkReads(entry, sourceOf),
    ...checkLookback(entry, catalogue),
    ...checkRequired(entry, sourceOf, columns),
    ...checkResult(entry),
  ]);
}

function checkShape(entry: RefinedEntry): Problem[] {
  const { key, columns } = entry.data;
  const problems: Problem[] = [];
  const report = (path: (string | number)[], message: string) =>
    problems.push({ file: entry.file, line: entry.lineOf(path), message });

  for (const [i, name] of key.entries()) {
    const column = columns[i];
    if (column?.name !== name)
      report(['key', i], `key column ${name} must be column ${i + 1}: a table begins with its key`);
    else if (column.nullable)
      report(['columns', i, 'nullable'], `${name} belongs to the key: it must be nullable: false`);
  }
  for (const [i, column] of columns.entries()) {
    if (APPENDED.includes(column.name)) {
      report(
        ['columns', i, 'name'],
        `${column.name} is appended to every refined table: remove it here and in the SQL`,
      );
    }
    if (column.labels && column.type !== 'string') {
      report(['columns', i, 'labels'], `${column.name} is a ${column.type}: only the values of a text have labels`);
    }
    if (columns.findIndex(({ name }) => name === column.name) < i) {
      report(['columns', i, 'name'], `column ${column.name} stands here twice: remove one`);
    }
  }
  return problems;
}

function checkReads(entry: RefinedEntry, sourceOf: ReadonlyMap<string, string>): Problem[] {
  const read = tablesRead(entry.sql);
  const problems: Problem[] = read
    .filter(({ table }) => !sourceOf.has(table))
    .map(({ table, line }) => ({
      file: entry.sqlFile,
      line,
      message: `trusted.${table} does not exist: mend the name or write trusted/${table}.yaml`,
    }));
  for (const { table, line } of foreignReads(entry.sql)) {
    const message = `reads ${table}, which is neither trusted.<table>, nor refined.<table>, nor a step of this file: read one of those`;
    problems.push({ file: entry.sqlFile, line, message });
  }
  if (read.length === 0) problems.push({ file: entry.sqlFile, line: 1, message: 'reads no trusted table: read one' });
  return problems;
}

/** What earlier slots published is all that an indicator may know of refined: rows of its own slot stand on no base yet. */
function checkLookback({ sql, sqlFile }: RefinedEntry, { refined }: Catalogue): Problem[] {
  const read = publishedRead(sql);
  const problems: Problem[] = read
    .filter(({ table }) => !refined.some(({ data }) => data.name === table))
    .map(({ table, line }) => ({
      file: sqlFile,
      line,
      message: `refined.${table} does not exist: mend the name or write refined/${table}.yaml`,
    }));
  const [first] = read;
  if (first && !knowsItsSlot(sql)) {
    const message = `reads refined.${first.table} whatever the slot: keep the rows before cast(:ts_referencia as timestamp_ntz) alone`;
    problems.push({ file: sqlFile, line: first.line, message });
  }
  return problems;
}

/**
 * A file that lacks a column which an indicator reads must be refused and not be read as nulls. Columns are known here
 * by their bare names, so with several tables it is enough that one that has the column requires it.
 */
function checkRequired(
  entry: RefinedEntry,
  sourceOf: ReadonlyMap<string, string>,
  columns: ReadonlyMap<string, SourceColumnFile[]>,
): Problem[] {
  const words = wordsOf(entry.sql);
  const inputs = tablesRead(entry.sql).flatMap(({ table }) => sourceOf.get(table) ?? []);
  const read = inputs.flatMap((source) =>
    (columns.get(source) ?? [])
      .filter((column) => words.has(column.name.toLowerCase()))
      .map((column) => ({ source, name: column.name, required: column.key === true || column.required === true })),
  );
  const ensured = new Set(read.filter((column) => column.required).map((column) => column.name));
  return read
    .filter((column) => !ensured.has(column.name))
    .map(({ source, name }) => ({
      file: entry.sqlFile,
      line: 1,
      message: `reads ${name} of ${source}, which a file may lack: mark it \`required: true\` in sources/${source}.yaml`,
    }));
}

function checkResult(entry: RefinedEntry): Problem[] {
  const given = resultColumns(entry.sql);
  const declared = entry.data.columns;
  const problems: Problem[] = [];
  for (const [i, { name, type, line }] of given.entries()) {
    const wanted = declared[i];
    const at = { file: entry.sqlFile, line };
    if (wanted === undefined || wanted.name !== name) {
      const message = `column ${i + 1} of the last select is ${name}, but ${entry.file} has ${wanted?.name ?? 'none'} there`;
      problems.push({ ...at, message: `${message}: make the two agree` });
    } else if (type !== wanted.type) {
      const message = `${name} is declared as ${wanted.type}: write cast(... as ${wanted.type}) as ${name}`;
      problems.push({ ...at, message });
    }
  }
  for (const [i, { name }] of declared.entries()) {
    if (i < given.length) continue;
    const line = entry.lineOf(['columns', i]);
    problems.push({
      file: entry.file,
      line,
      message: `the last select of ${entry.sqlFile} gives no ${name}: add it there`,
    });
  }
  return problems;
}
