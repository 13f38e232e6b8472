import type { CompiledCatalogue, Role } from '../types.ts';
import { SLOT_COLUMNS } from './tables.ts';

/**
 * The lineage of the whole catalogue as edges between places: `source.bureau.STATUS`, `trusted.bureau.status`,
 * `refined.taxa_recuperacao.taxa_recuperacao`, a table's rows (`trusted.bureau`) and the run's own `slot`.
 */
export interface Edge {
  from: string;
  to: string;
  roles: Role[];
}

export interface Traced {
  place: string;
  /** What it does for the place that was asked for, strongest first. */
  roles: Role[];
  /** Edges between the two, at least one. */
  steps: number;
}

export const ROLES: Role[] = ['value', 'rows', 'filter', 'join', 'group', 'order'];

export class Lineage {
  readonly #into = new Map<string, Edge[]>();
  readonly #outOf = new Map<string, Edge[]>();

  constructor(edges: Iterable<Edge>) {
    for (const edge of edges) {
      this.#into.set(edge.to, [...(this.#into.get(edge.to) ?? []), edge]);
      this.#outOf.set(edge.from, [...(this.#outOf.get(edge.from) ?? []), edge]);
    }
  }

  /** The edges that end in a place, which say what it is made from. */
  into(place: string): Edge[] {
    return this.#into.get(place) ?? [];
  }

  /** The edges that start from a place. */
  outOf(place: string): Edge[] {
    return this.#outOf.get(place) ?? [];
  }

  /** All that a place comes from, nearest first. */
  origins(place: string): Traced[] {
    return trace(place, (at) => this.into(at).map(({ from, roles }) => ({ next: from, roles })), composedTowardsOrigin);
  }

  /** All that a place flows into or decides on, nearest first. */
  uses(place: string): Traced[] {
    return trace(place, (at) => this.outOf(at).map(({ to, roles }) => ({ next: to, roles })), composedTowardsResult);
  }
}

export function lineageOf({ sources, trusted, refined }: CompiledCatalogue): Lineage {
  const edges: Edge[] = [];
  for (const table of Object.values(trusted)) {
    edges.push({ from: `source.${table.source}`, to: `trusted.${table.name}`, roles: ['rows'] });
    for (const column of table.columns) {
      const from = `source.${sources[table.source]?.name ?? table.source}.${column.source}`;
      edges.push({ from, to: `trusted.${table.name}.${column.name}`, roles: ['value'] });
    }
  }
  for (const { name, lineage } of Object.values(refined)) {
    for (const column of SLOT_COLUMNS) {
      edges.push({ from: 'slot', to: `refined.${name}.${column}`, roles: ['value'] });
    }
    for (const [column, origins] of Object.entries(lineage ?? {})) {
      for (const [from, roles] of Object.entries(origins)) edges.push({ from, to: `refined.${name}.${column}`, roles });
    }
  }
  return new Lineage(edges);
}

// Along a path the role nearest to the result counts, unless it passes the value on as it is.
const composedTowardsOrigin = (soFar: Role, further: Role): Role => (soFar === 'value' ? further : soFar);
const composedTowardsResult = (soFar: Role, further: Role): Role => (further === 'value' ? soFar : further);

function trace(
  start: string,
  next: (place: string) => { next: string; roles: Role[] }[],
  compose: (soFar: Role, further: Role) => Role,
): Traced[] {
  const found = new Map<string, { roles: Set<Role>; steps: number }>();
  let front = new Map<string, Set<Role>>([[start, new Set<Role>(['value'])]]);
  for (let steps = 1; front.size > 0; steps++) {
    const ahead = new Map<string, Set<Role>>();
    for (const [place, rolesSoFar] of front) {
      for (const edge of next(place)) {
        const known = found.get(edge.next) ?? { roles: new Set<Role>(), steps };
        found.set(edge.next, known);
        for (const role of [...rolesSoFar].flatMap((soFar) => edge.roles.map((further) => compose(soFar, further)))) {
          if (known.roles.has(role)) continue;
          known.roles.add(role);
          ahead.set(edge.next, (ahead.get(edge.next) ?? new Set()).add(role));
        }
      }
    }
    front = ahead;
  }
  return [...found].map(([place, { roles, steps }]) => ({ place, roles: inOrder(roles), steps }));
}

function inOrder(roles: ReadonlySet<Role>): Role[] {
  return ROLES.filter((role) => roles.has(role));
}
