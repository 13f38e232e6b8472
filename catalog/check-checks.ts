import { DERIVED } from './checks.ts';
import { readCondition } from './expression.ts';
import type { Problem } from './problems.ts';
import type { Catalogue, CheckFile, Entry, SourceColumnFile, YamlPath } from './types.ts';

/** The columns of a table by name, with their types. */
type Columns = ReadonlyMap<string, string>;

/** What does not fit between the declared checks and the columns of the tables that they look at. */
export function checkChecks(
  { trusted, refined }: Catalogue,
  sources: ReadonlyMap<string, SourceColumnFile[]>,
): Problem[] {
  const trustedColumns = new Map(
    trusted.map(({ data }): [string, Columns] => {
      const columns = sources.get(data.source) ?? [];
      return [data.name, new Map(columns.map(({ name, type }) => [name.toLowerCase(), type]))];
    }),
  );
  const refinedColumns = new Map(
    refined.map(({ data }): [string, Columns] => [data.name, new Map(data.columns.map((c) => [c.name, c.type]))]),
  );
  return [
    ...trusted.flatMap((entry) => checkTable(entry, trustedColumns)),
    ...refined.flatMap((entry) => checkTable(entry, refinedColumns)),
  ];
}

function checkTable(
  entry: Entry<{ name: string; checks?: CheckFile[] }>,
  layer: ReadonlyMap<string, Columns>,
): Problem[] {
  const checks = entry.data.checks ?? [];
  return checks.flatMap((check, i) => {
    const faults = [...faultsOf(check, entry.data.name, layer)];
    if (checks.findIndex(({ name }) => name === check.name) < i) {
      faults.push({ field: 'name', message: `check ${check.name} stands here twice: give each its own name` });
    }
    if (DERIVED.includes(check.name)) {
      faults.push({
        field: 'name',
        message: `${check.name} is what the compiler calls a check of its own: take another`,
      });
    }
    return faults.map(({ field, message }) => {
      const at: YamlPath = ['checks', i, field];
      return { file: entry.file, line: entry.lineOf(at), message };
    });
  });
}

interface Fault {
  field: string;
  message: string;
}

function* faultsOf(check: CheckFile, table: string, layer: ReadonlyMap<string, Columns>): Iterable<Fault> {
  switch (check.check) {
    case 'accepted_values':
      yield* unknownColumns(table, layer, 'column', [check.column]);
      yield* conditionFaults(table, layer, 'where', check.where);
      yield* misfits(layer.get(table)?.get(check.column), check.values);
      for (const value of check.always ?? []) {
        if (!check.values.includes(value)) {
          yield { field: 'always', message: `${value} is not among the values: add it there or remove it here` };
        }
      }
      return;
    case 'range':
      yield* unknownColumns(table, layer, 'columns', check.columns, true);
      return;
    case 'expression':
      yield* conditionFaults(table, layer, 'expression', check.expression);
      return;
    case 'no_overlap':
      yield* unknownColumns(table, layer, 'columns', check.columns);
      yield* unknownColumns(check.with, layer, 'with', check.columns);
      return;
    case 'parts_add_up':
      yield* unknownColumns(table, layer, 'columns', check.columns, true);
      yield* unknownColumns(table, layer, 'total', check.total === undefined ? [] : [check.total], true);
      yield* conditionFaults(table, layer, 'parts', check.parts);
      yield* conditionFaults(table, layer, 'whole', check.whole);
      if (check.total !== undefined && (check.whole !== undefined || check.columns.length > 1)) {
        yield { field: 'total', message: 'total is the whole of one column: give one column and no `whole`' };
      }
      return;
    case 'same_total': {
      const { other, column } = check;
      yield* unknownColumns(table, layer, 'column', column === undefined ? [] : [column], true);
      yield* unknownColumns(table, layer, 'by', check.by ?? []);
      yield* conditionFaults(table, layer, 'where', check.where);
      yield* unknownColumns(other.table, layer, 'other', other.column === undefined ? [] : [other.column], true);
      yield* conditionFaults(other.table, layer, 'other', other.where);
      return;
    }
  }
}

function* unknownColumns(
  table: string,
  layer: ReadonlyMap<string, Columns>,
  field: string,
  names: string[],
  numeric = false,
): Iterable<Fault> {
  const columns = layer.get(table);
  if (columns === undefined) {
    yield { field, message: `there is no table ${table} in this layer: mend the name` };
    return;
  }
  for (const name of names) {
    const type = columns.get(name);
    if (type === undefined) yield { field, message: `${table} has no column ${name}: mend the name` };
    else if (numeric && !isNumber(type)) yield { field, message: `${name} is a ${type}: name a column of numbers` };
  }
}

function* conditionFaults(
  table: string,
  layer: ReadonlyMap<string, Columns>,
  field: string,
  text: string | undefined,
): Iterable<Fault> {
  if (text === undefined || !layer.has(table)) return;
  const condition = readCondition(text);
  if ('fault' in condition) {
    yield { field, message: `not a condition that a check can have: ${condition.fault}` };
    return;
  }
  yield* unknownColumns(table, layer, field, condition.columns);
}

function* misfits(type: string | undefined, values: (number | string)[]): Iterable<Fault> {
  if (type === undefined) return;
  const misfit = values.find((value) => (typeof value === 'number') !== isNumber(type));
  if (misfit !== undefined) yield { field: 'values', message: `${misfit} does not fit ${type}: write it as one` };
}

const isNumber = (type: string) => /^(int|bigint|double|decimal\(.*\))$/.test(type);
