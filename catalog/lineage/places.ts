import type { CompiledCatalogue } from '../types.ts';
import { SLOT_COLUMNS } from './tables.ts';

/** A table or a column of it, as `podlake lineage` and the documents speak of it. */
export interface Place {
  layer: 'source' | 'trusted' | 'refined';
  table: string;
  /** Null for the table as a whole. */
  column: string | null;
}

/** A name that the catalogue does not have, told with those that are near to it. */
export class UnknownPlace extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnknownPlace';
  }
}

export const placeName = ({ layer, table, column }: Place) => [layer, table, column].filter((part) => part).join('.');

/**
 * The place that a person means by `[layer.]table[.column]`. Sources and trusted tables differ by case alone: a name that
 * fits exactly goes before one that fits in another case, and trusted before its source. Throws an UnknownPlace.
 */
export function findPlace(catalogue: CompiledCatalogue, asked: string): Place {
  const places = allPlaces(catalogue);
  const names = (place: Place) => [placeName(place), placeName(place).slice(place.layer.length + 1)];
  const lower = asked.toLowerCase();
  const found =
    places.find((place) => names(place).includes(asked)) ??
    places.find((place) => names(place).some((name) => name.toLowerCase() === lower));
  if (found) return found;
  throw new UnknownPlace(unknown(places, asked));
}

/** Refined before trusted before sources: of equal names the first is meant. */
function allPlaces({ sources, trusted, refined }: CompiledCatalogue): Place[] {
  const of = (layer: Place['layer'], tables: { name: string; columns: { name: string }[] }[]) =>
    tables.flatMap(({ name: table, columns }): Place[] => [
      { layer, table, column: null },
      ...columns.map((column) => ({ layer, table, column: column.name })),
    ]);
  const appended = SLOT_COLUMNS.map((name) => ({ name }));
  return [
    ...of(
      'refined',
      Object.values(refined).map(({ name, columns }) => ({ name, columns: [...columns, ...appended] })),
    ),
    ...of('trusted', Object.values(trusted)),
    ...of('source', Object.values(sources)),
  ];
}

function unknown(places: Place[], asked: string): string {
  const parts = asked.split('.');
  if (['source', 'trusted', 'refined'].includes(parts[0] ?? '')) parts.shift();
  const [table = '', column] = parts;
  const sameTable = places.filter((place) => place.table.toLowerCase() === table.toLowerCase());
  if (column !== undefined && sameTable.length > 0) {
    const columns = inCaseOf(
      column,
      sameTable.flatMap((place) => place.column ?? []),
    );
    return `${sameTable[0]?.table} has no column ${column}. ${proposals(near(column, columns), columns)}`;
  }
  const tables = [...new Set(places.map((place) => place.table))];
  const holders = places.filter((place) => place.column?.toLowerCase() === table.toLowerCase()).map(placeName);
  if (column === undefined && holders.length > 0) {
    const all = holders.length > 5 ? [...holders.slice(0, 5), `${holders.length - 5} more`] : holders;
    return `There is no table ${table}, but a column of that name: ${all.join(', ')}. Write its table before it.`;
  }
  return `There is no table ${table}. ${proposals(near(table, tables), tables)}`;
}

/** Each name once: of two that differ by case alone, the one written as what was asked. */
function inCaseOf(asked: string, names: string[]): string[] {
  const upper = asked === asked.toUpperCase();
  const fits = (name: string) => (name === name.toUpperCase()) === upper;
  return names.filter(
    (name) => fits(name) || !names.some((other) => fits(other) && other.toLowerCase() === name.toLowerCase()),
  );
}

function proposals(nearest: string[], all: string[]): string {
  if (nearest.length > 0) return `Did you mean ${nearest.join(' or ')}?`;
  const known = [...new Set(all)];
  return `There are ${known.slice(0, 25).join(', ')}${known.length > 25 ? ` and ${known.length - 25} more` : ''}.`;
}

/** Up to three names that a slip of the hand away is `asked`, or that hold it; nearest first. */
export function near(asked: string, names: string[]): string[] {
  const wanted = asked.toLowerCase();
  const scored = [...new Set(names)].map((name) => {
    const lower = name.toLowerCase();
    const holds = wanted.length >= 4 && (lower.includes(wanted) || wanted.includes(lower));
    return { name, distance: holds ? Math.min(1, edits(wanted, lower)) : edits(wanted, lower) };
  });
  return scored
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Letters to add, drop or change to come from one word to the other (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
