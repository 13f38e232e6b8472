// What the catalogue needs to know of a refined table's SQL: what it reads, and what its last select gives.
// The files follow one form (named steps, then a select of explicit casts), so this is a reading of that form and not
// a SQL parser: what strays from the form is reported instead of guessed at.

export interface TableRead {
  table: string;
  line: number;
}

export interface ResultColumn {
  name: string;
  /** As the cast says, without blanks: `decimal(9,6)`; null if the expression is not one cast. */
  type: string | null;
  line: number;
}

/** The trusted tables that the SQL reads, each once, in order of name, with the line of its first mention. */
export function tablesRead(sql: string): TableRead[] {
  return readOf(sql, /\btrusted\s*\.\s*`?(\w+)/gi);
}

/** The refined tables of which the SQL reads what earlier slots published, in the same form. */
export function publishedRead(sql: string): TableRead[] {
  return readOf(sql, /\brefined\.(\w+)/gi);
}

/** Whether the SQL asks for the instant of the slot that it computes. */
export function knowsItsSlot(sql: string): boolean {
  return withoutTextAndComments(sql).includes(':ts_referencia');
}

function readOf(sql: string, pattern: RegExp): TableRead[] {
  const first = new Map<string, number>();
  const bare = withoutTextAndComments(sql);
  for (const match of bare.matchAll(pattern)) {
    const table = (match[1] ?? '').toLowerCase();
    if (!first.has(table)) first.set(table, lineAt(bare, match.index));
  }
  return [...first].map(([table, line]) => ({ table, line })).sort((a, b) => (a.table < b.table ? -1 : 1));
}

/** What follows a FROM or JOIN and is neither of trusted, nor of refined, nor a step of this file, nor a subquery. */
export function foreignReads(sql: string): TableRead[] {
  const bare = withoutTextAndComments(sql);
  const steps = new Set([...bare.matchAll(/\b(\w+)\s+as\s*\(/gi)].map((match) => match[1]?.toLowerCase()));
  // `is distinct from` compares and reads nothing.
  return [...bare.matchAll(/(?<!\bdistinct\s+)\b(?:from|join)\s+([\w.`]+)/gi)]
    .map((match) => ({ table: (match[1] ?? '').replaceAll('`', '').toLowerCase(), line: lineAt(bare, match.index) }))
    .filter(({ table }) => !/^(trusted|refined)\./.test(table) && !steps.has(table));
}

/** Every word of the SQL outside comments and texts, in lower case. */
export function wordsOf(sql: string): Set<string> {
  return new Set(withoutTextAndComments(sql).toLowerCase().match(/\w+/g) ?? []);
}

/** The columns of the last select, in order; empty if there is none outside brackets. */
export function resultColumns(sql: string): ResultColumn[] {
  const bare = withoutTextAndComments(sql);
  const outer = withoutBrackets(bare);
  const select = [...outer.matchAll(/\bselect\b/gi)].at(-1);
  if (select === undefined) return [];
  const start = select.index + select[0].length;
  const from = /\bfrom\b/i.exec(outer.slice(start));
  const end = from === null ? bare.length : start + from.index;

  const columns: ResultColumn[] = [];
  let itemStart = start;
  for (let at = start; at <= end; at++) {
    if (at < end && outer[at] !== ',') continue;
    columns.push(resultColumn(bare.slice(itemStart, at), lineAt(bare, itemStart + leadingBlanks(bare, itemStart))));
    itemStart = at + 1;
  }
  return columns;
}

function resultColumn(item: string, line: number): ResultColumn {
  const text = item.trim();
  const alias = /\bas\s+(\w+)$/i.exec(text);
  if (alias === null) return { name: text, type: null, line };
  const name = (alias[1] ?? '').toLowerCase();
  const expression = text.slice(0, alias.index).trim();
  // One cast over the whole expression leaves only the word `cast` outside brackets.
  const isOneCast = /^cast\s*$/i.test(withoutBrackets(expression).trim());
  const type = isOneCast ? /\bas\s+(\w+\s*(?:\([\d\s,]+\))?)\s*\)$/i.exec(expression)?.[1] : undefined;
  return { name, type: type?.replaceAll(/\s/g, '').toLowerCase() ?? null, line };
}

// The three below keep every character's place, so that an index stays an index into the file.

function withoutTextAndComments(sql: string): string {
  return sql.replaceAll(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|--[^\n]*|\/\*[\s\S]*?\*\//g, blank);
}

function withoutBrackets(sql: string): string {
  let depth = 0;
  return sql.replaceAll(/[^\n]/g, (character) => {
    if (character === '(') depth++;
    const kept = depth === 0 ? character : ' ';
    if (character === ')') depth--;
    return kept;
  });
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}

function leadingBlanks(text: string, from: number): number {
  return /^\s*/.exec(text.slice(from))?.[0].length ?? 0;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
