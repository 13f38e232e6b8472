import type { Lineage, Traced } from '../lineage/graph.ts';
import { ROLE_IN_PORTUGUESE } from '../lineage/words.ts';
import type { CompiledCatalogue, Role } from '../types.ts';
import { code, link } from './markdown.ts';

/** Roles by which a column gives a value; by the others it only decides on rows. */
const gives = (role: Role) => role === 'value' || role === 'rows';

/** Where a table's columns come from, as cells of Markdown. */
export interface Origins {
  /** What decides the rows of every column; told once instead of in each. Empty if there is nothing of the kind. */
  common: string;
  columns: {
    name: string;
    /** What the value is made of, by table: `TARGET`, linhas. */
    value: string;
    /** What only decides on rows, each with its roles. */
    influence: string;
  }[];
}

/**
 * The columns of the files (and of earlier publications) from which an indicator's columns come. A column that gives the
 * value and decides on rows too is told once, among what gives the value.
 */
export function originsOf(lineage: Lineage, table: string, names: string[], folder: string): Origins {
  const all = names.map((name) => ({ name, ends: endsOf(lineage, `refined.${table}.${name}`) }));
  const influences = new Map(
    all.flatMap(({ ends }) => ends.filter(({ roles }) => !roles.some(gives)).map((end) => [JSON.stringify(end), end])),
  );
  const isCommon = ({ place, roles }: Traced) =>
    all.every(({ ends }) => ends.some((end) => end.place === place && roles.every((role) => end.roles.includes(role))));
  const common = new Map([...influences].filter(([, end]) => isCommon(end)));
  return {
    common: byTable([...common.values()], folder, true),
    columns: all.map(({ name, ends }) => {
      const influence = ends.filter((end) => !end.roles.some(gives) && !common.has(JSON.stringify(end)));
      const value = ends.filter(({ roles }) => roles.some(gives));
      return { name, value: byTable(value, folder, false), influence: byTable(influence, folder, true) };
    }),
  };
}

/** The files' columns are the ends; what is read of another indicator is told as such, and its ends on that one's page. */
function endsOf(lineage: Lineage, place: string): Traced[] {
  return lineage.into(place).flatMap(({ from, roles }): Traced[] => {
    if (!from.startsWith('trusted.')) return [{ place: from, roles, steps: 1 }];
    return lineage.into(from).map((edge) => ({ place: edge.from, roles, steps: 2 }));
  });
}

function byTable(traced: Traced[], folder: string, withRoles: boolean): string {
  const tables = new Map<string, string[]>();
  for (const { place, roles } of traced) {
    const { page, column } = pageOf(place, folder);
    const told = column === null ? 'linhas' : code(column);
    const suffix = withRoles ? ` (${roles.map((role) => ROLE_IN_PORTUGUESE[role]).join(', ')})` : '';
    tables.set(page, [...(tables.get(page) ?? []), `${told}${suffix}`]);
  }
  return [...tables].map(([page, columns]) => (page === SLOT ? SLOT : `${page}: ${columns.join(', ')}`)).join('<br>');
}

const SLOT = 'o instante da própria execução';

function pageOf(place: string, folder: string): { page: string; column: string | null } {
  if (place === 'slot') return { page: SLOT, column: null };
  const [layer = '', table = '', column = null] = place.split('.');
  if (layer === 'refined')
    return { page: `publicações anteriores de ${link(table, `${folder}refined/${table}.md`)}`, column };
  return { page: link(table, `${folder}fontes/${table}.md`), column };
}

/** The indicators that a place reaches, and whether it gives values there or only decides on rows. */
export function indicatorsOf(lineage: Lineage, places: string[]): Map<string, { gives: string[]; decides: string[] }> {
  const found = new Map<string, { gives: string[]; decides: string[] }>();
  for (const place of places) {
    for (const use of lineage.uses(place)) {
      const [layer = '', table = '', column = ''] = use.place.split('.');
      if (layer !== 'refined') continue;
      const at = found.get(table) ?? { gives: [], decides: [] };
      found.set(table, at);
      const list = use.roles.some(gives) ? at.gives : at.decides;
      if (!list.includes(column)) list.push(column);
    }
  }
  return found;
}

/** By indicator the columns of each source that it reads, in file order, lookback included; `rows` alone gives none. */
export function needsOf(catalogue: CompiledCatalogue, lineage: Lineage, indicator: string): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const { name } of catalogue.refined[indicator]?.columns ?? []) {
    for (const { place, roles } of lineage.origins(`refined.${indicator}.${name}`)) {
      const [layer = '', table = '', column] = place.split('.');
      if (layer !== 'source') continue;
      const need = needs.get(table) ?? { gives: false, columns: [] };
      needs.set(table, need);
      need.gives ||= roles.some(gives);
      if (column !== undefined && !need.columns.includes(column)) need.columns.push(column);
    }
  }
  for (const [source, need] of needs) {
    const order = catalogue.sources[source]?.columns.map(({ name }) => name) ?? [];
    need.columns.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  }
  return needs;
}

export interface Need {
  /** Whether any of it gives a value, and does not only decide on rows. */
  gives: boolean;
  columns: string[];
}
