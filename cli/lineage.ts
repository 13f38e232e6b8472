import { compileCatalogue } from '../catalog/compile.ts';
import { type Lineage, lineageOf } from '../catalog/lineage/graph.ts';
import { findPlace, type Place, placeName } from '../catalog/lineage/places.ts';
import { transformation } from '../catalog/lineage/words.ts';
import { loadCatalogue } from '../catalog/load.ts';
import type { CompiledCatalogue, Role } from '../catalog/types.ts';
import { printTable } from './table.ts';

export const LINEAGE_HELP = `
A name is [layer.]table.column or [layer.]table; the layers are source, trusted and refined.
  podlake lineage taxa_inadimplencia.taxa_inadimplencia   an indicator's column
  podlake lineage application_train.TARGET                a column of the source's files
  podlake lineage trusted.bureau                          all columns of a table

What a column does for another:
  value    it takes part in the expression that gives the value
  rows     the value counts rows of this table
  filter, join, group, order
           it only decides which rows come in, how they meet, are grouped, or in which order they are looked at
The lineage is computed from the SQL by "podlake docs".`;

/** Prints where a place of the catalogue comes from and goes to; throws an UnknownPlace that proposes near names. */
export function lineage(name: string, { json }: { json?: boolean }): void {
  const catalogue = compileCatalogue(loadCatalogue());
  const place = findPlace(catalogue, name);
  const graph = lineageOf(catalogue);
  for (const table of staleNear(catalogue, place)) {
    console.error(`The lineage of ${table} is not known: its SQL changed since the last "podlake docs".`);
  }
  if (json) console.log(JSON.stringify(asJson(catalogue, graph, place), null, 2));
  else if (place.column === null) printWholeTable(catalogue, graph, place);
  else printColumn(catalogue, graph, place);
}

/** Indicators without a lineage that the answer might speak of. */
function staleNear({ refined }: CompiledCatalogue, { layer, table }: Place): string[] {
  return Object.values(refined)
    .filter((indicator) => indicator.lineage === null && (layer !== 'refined' || indicator.name === table))
    .map((indicator) => indicator.name);
}

function printColumn(catalogue: CompiledCatalogue, graph: Lineage, place: Place): void {
  const { type, description } = describe(catalogue, place);
  const name = placeName(place);
  console.log(`${name}  ${type}\n${description}\n`);
  printTree('Comes from', name, (at) => graph.into(at).map((edge) => [edge.from, edge.roles]));
  printTree('Goes to', name, (at) => graph.outOf(at).map((edge) => [edge.to, edge.roles]));
  const near = [name, ...graph.origins(name).map((origin) => origin.place), ...graph.outOf(name).map(({ to }) => to)];
  printTransformations(catalogue, near);
}

/** Each step further is set in; what stood above already is not told twice. */
function printTree(title: string, start: string, next: (place: string) => [place: string, roles: Role[]][]): void {
  const rows: string[][] = [];
  const told = new Set([start]);
  const tell = (at: string, depth: number) => {
    for (const [place, roles] of next(at)) {
      const again = told.has(place);
      told.add(place);
      rows.push([`${'  '.repeat(depth)}${place}${again ? ' (above)' : ''}`, roles.join(', ')]);
      if (!again) tell(place, depth + 1);
    }
  };
  tell(start, 0);
  console.log(rows.length === 0 ? `${title}: nothing` : title);
  if (rows.length > 0) printTable(['place', 'role'], rows);
  console.log('');
}

/** What is done to a column of the files on its way into trusted, for the trusted ones among the places. */
function printTransformations({ trusted }: CompiledCatalogue, places: string[]): void {
  const told = places.flatMap((place) => {
    const [layer, table = '', name] = place.split('.');
    const column = layer === 'trusted' ? trusted[table]?.columns.find((one) => one.name === name) : undefined;
    return column ? [`  ${place}: ${transformation(column)}`] : [];
  });
  if (told.length > 0) console.log(`From file to trusted\n${told.join('\n')}`);
}

function printWholeTable(catalogue: CompiledCatalogue, graph: Lineage, place: Place): void {
  console.log(`${placeName(place)}\n${describe(catalogue, place).description}\n`);
  const rows = columnsOf(catalogue, place).map((column) => {
    const of = (list: { place: string; roles: Role[] }[], gives: boolean) =>
      list
        .filter(({ roles }) => roles.some((role) => role === 'value' || role === 'rows') === gives)
        .map((traced) => traced.place)
        .join('\n');
    const at = placeName({ ...place, column });
    const origins = graph.into(at).map(({ from, roles }) => ({ place: from, roles }));
    const uses = graph.outOf(at).map(({ to, roles }) => ({ place: to, roles }));
    return [column, of(origins, true), of(origins, false), of(uses, true), of(uses, false)];
  });
  printTable(['column', 'value from', 'rows decided by', 'gives value to', 'decides rows of'], rows);
}

function asJson(catalogue: CompiledCatalogue, graph: Lineage, place: Place): object {
  if (place.column !== null) {
    const name = placeName(place);
    return { name, ...describe(catalogue, place), from: graph.origins(name), to: graph.uses(name) };
  }
  const columns = columnsOf(catalogue, place).map((column) => asJson(catalogue, graph, { ...place, column }));
  return { name: placeName(place), description: describe(catalogue, place).description, columns };
}

function columnsOf(catalogue: CompiledCatalogue, { layer, table }: Place): string[] {
  return (tableOf(catalogue, layer, table)?.columns ?? []).map(({ name }) => name);
}

function describe(
  catalogue: CompiledCatalogue,
  { layer, table, column }: Place,
): { type: string; description: string } {
  const found = tableOf(catalogue, layer, table);
  const { type = '', description } = (column === null ? found : found?.columns.find(({ name }) => name === column)) ?? {
    type: column === 'data_referencia' ? 'date' : 'timestamp_ntz',
    description: 'Instante da execução que a linha descreve, ou sua data em São Paulo.',
  };
  return { type, description: typeof description === 'string' ? description : description.pt };
}

type Described = { type?: string; description: string | { pt: string } };

function tableOf(
  { sources, trusted, refined }: CompiledCatalogue,
  layer: Place['layer'],
  table: string,
): (Described & { columns: (Described & { name: string })[] }) | undefined {
  return { source: sources, trusted, refined }[layer][table];
}
