import type { CompiledSource } from './types.ts';

export type HeaderVerdict =
  | {
      accepted: true;
      /** One name for each column of the file, in file order: the catalogue's, or that of an extra column. */
      columns: string[];
      /** What is unusual and worth a line in the ledger, one sentence each. */
      notes: string[];
    }
  | { accepted: false; reason: string };

const UNNAMED = '_sem_nome_';

/** A column that the source has and the file lacks, and the file's column that probably took its place. */
interface Missing {
  name: string;
  renamedTo: string | null;
}

/**
 * Whether a file with this header can be taken as `source`. `header` holds the column names in file order, as the CSV
 * reader gives them: unquoted, without a byte-order mark. Names are trimmed, then matched exactly, else in any case.
 * Columns that the source does not know are kept, those without a name as `_sem_nome_<position>`, from 1.
 */
export function checkHeader(source: CompiledSource, header: readonly string[]): HeaderVerdict {
  const names = nameAll(header.map((name) => name.trim()));
  const known = new Map(source.columns.map(({ name }) => [name.toLowerCase(), name]));
  if (!names.some((name) => known.has(name.toLowerCase()))) return { accepted: false, reason: noHeader(source) };
  const repeated = repeatedNames(names);
  if (repeated.length > 0) {
    const which = `${repeated.length === 1 ? 'column' : 'columns'} ${repeated.join(', ')} more than once`;
    return {
      accepted: false,
      reason: `The header has ${which}. Ask the source for a file in which each name stands once.`,
    };
  }

  const columns = names.map((name) => known.get(name.toLowerCase()) ?? name);
  const present = new Set(columns);
  const extra = columns.filter((name) => !known.has(name.toLowerCase()));
  const absent = (required: boolean): Missing[] => {
    const missing = source.columns.filter((column) => column.required === required && !present.has(column.name));
    const onlyOne = missing.length === 1;
    return missing.map(({ name }) => ({ name, renamedTo: likelyRename(source, name, onlyOne, columns, extra) }));
  };

  const requiredMissing = absent(true);
  if (requiredMissing.length > 0) return { accepted: false, reason: refusal(source, requiredMissing, extra) };

  return { accepted: true, columns, notes: notesOn(names, columns, extra, absent(false)) };
}

function nameAll(names: string[]): string[] {
  return names.map((name, i) => (name === '' ? `${UNNAMED}${i + 1}` : name));
}

// Names that differ by case alone count as one: Spark could not tell such columns of a Parquet file apart.
function repeatedNames(names: string[]): string[] {
  const lower = names.map((name) => name.toLowerCase());
  return names.filter((_, i) => lower.indexOf(lower[i] ?? '') === i && lower.lastIndexOf(lower[i] ?? '') > i);
}

// The one unexpected column if one alone is missing, else the unexpected column that stands in its place.
function likelyRename(
  source: CompiledSource,
  name: string,
  onlyOne: boolean,
  columns: string[],
  extra: string[],
): string | null {
  const [first] = extra;
  if (onlyOne && extra.length === 1 && first !== undefined && !first.startsWith(UNNAMED)) return first;
  const inItsPlace = columns[source.columns.findIndex((column) => column.name === name)];
  return inItsPlace !== undefined && extra.includes(inItsPlace) ? inItsPlace : null;
}

// The first line is not quoted here: it probably is a row, and a client's data are not for the ledger.
function noHeader(source: CompiledSource): string {
  return (
    `The first line has no column of ${source.name}: the header is missing, or the file is of another table. ` +
    'Ask the source for the file with its header, under the name of its table.'
  );
}

function refusal(source: CompiledSource, missing: Missing[], extra: string[]): string {
  const names = missing.map(({ name }) => name);
  const parts = [
    `Required ${names.length === 1 ? 'column' : 'columns'} missing for ${source.name}: ${names.join(', ')}.`,
  ];
  parts.push(extra.length === 0 ? 'No unexpected columns.' : `Unexpected: ${extra.join(', ')}.`);
  const renames = missing.flatMap(({ name, renamedTo }) => (renamedTo === null ? [] : [`${name} as ${renamedTo}`]));
  if (renames.length > 0) parts.push(`Likely renamed: ${renames.join(', ')}.`);
  parts.push(`Ask the source to deliver the file again with ${names.length === 1 ? 'this column' : 'these columns'}.`);
  return parts.join(' ');
}

function notesOn(names: string[], columns: string[], extra: string[], missing: Missing[]): string[] {
  const notes: string[] = [];
  for (const [i, name] of names.entries()) {
    if (columns[i] !== name) notes.push(`Column ${name} was taken as ${columns[i]}: the names differ by case alone.`);
  }
  for (const name of extra) notes.push(`Unknown column ${name} is kept in raw alone.`);
  for (const { name, renamedTo } of missing) {
    const rename = renamedTo === null ? '' : ` It may have been renamed to ${renamedTo}.`;
    notes.push(`Optional column ${name} is missing: its values are null.${rename}`);
  }
  return notes;
}
