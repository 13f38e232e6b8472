import type { TestLake } from './lake.ts';
import type { Entry, Expected, Load, QuarantinedRow } from './model.ts';
import type { ModelRow } from './model-indicators.ts';
import type { Row } from './spark.ts';

const TRUSTED = ['application_train', 'bureau_balance', 'installments_payments'];
const REFINED = [
  ...['taxa_inadimplencia', 'variacao_taxa_inadimplencia', 'valor_medio_emprestimo', 'inadimplencia_mensal_bureau'],
  'taxa_recuperacao',
];
const SLOT = `to_char(run.slot at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')`;

/** What the lake holds after a sequence, in the shape in which the model says it. */
export async function found({ database, spark }: TestLake): Promise<Expected> {
  const rows = async <T>(sql: string): Promise<T[]> => (await database.query(sql)).rows as T[];
  const runs = await rows<Expected['runs'][number]>(
    `select ${SLOT} as slot, state, array(
       select to_char(held.slot at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || ' ' || source_table
       from publication_held held join publication using (publication) where publication.run = run.run order by 1) as held
     from run order by run.slot`,
  );
  const files = await rows<Entry & { reason: string | null; source_table: string | null }>(
    `select ${SLOT} as slot, landing_key as key, outcome, source_table, reason, notes, records::int, unreadable::int
     from file join run using (run)`,
  );
  const loads = await rows<Load & { place: string }>(
    `select ${SLOT} || ' ' || loaded.table_name as place, raw.records::int, raw.unreadable::int, inserted::int, updated::int,
       unchanged::int, superseded::int, conflicting::int, quarantined::int
     from run join (select run, table_name, records, unreadable from table_load where layer = 'raw') raw using (run)
       left join (select run, table_name, inserted, updated, unchanged, superseded, conflicting, quarantined from table_load
                  where layer = 'trusted') loaded using (run, table_name)
     where raw.records > 0`,
  );
  const lake = await spark.rows([
    ...TRUSTED.map((name) => `trusted.${name}`),
    ...REFINED.map((name) => `refined.${name}_dados`),
    'controle.quarentena',
  ]);
  const named = (names: string[], of: (name: string) => string) =>
    Object.fromEntries(names.map((name) => [name, lake[of(name)] as ModelRow[]]));
  return {
    runs,
    ledger: files.map(({ reason, source_table, ...entry }) => ({
      ...entry,
      table: source_table,
      why: causeOf(entry.outcome, reason),
      notes: entry.notes.map(noteOf),
      mayBeLinked: false,
    })),
    loads: Object.fromEntries(loads.map(({ place, ...load }) => [place, load])),
    trusted: named(TRUSTED, (name) => `trusted.${name}`) as Expected['trusted'],
    quarantine: (lake['controle.quarentena'] ?? []).map(quarantined),
    refined: named(REFINED, (name) => `refined.${name}_dados`),
  };
}

/** What a sentence of the ledger says, in the model's words. */
const REASONS: [NonNullable<Entry['why']>, RegExp][] = [
  ['renamed column', /^Required column missing /],
  ['repeated column', /more than once/],
  ['no header', /the header is missing|no header line/],
  ['utf-16', /UTF-16/],
  ['latin-1 far down', /UTF-8/],
  ['nul byte', /NUL/],
  ['open quote', /quote is opened and never closed/],
  ['gzip cut short', /gzip data is cut short/],
  ['not gzip', /is not gzip/],
  ['empty', /0 bytes/],
  ['unknown table', /known table/],
  ['document', /kept as it is, not read/],
  ['waits', /^It waits for the delivery of slot /],
];

function causeOf(outcome: Entry['outcome'], reason: string | null): Entry['why'] {
  if (reason === null) return null;
  const cause = REASONS.find(([, sentence]) => sentence.test(reason))?.[0];
  return cause ?? (outcome === 'held' && /bad_row_share/.test(reason) ? 'held' : (reason as Entry['why']));
}

const NOTES: [string, RegExp][] = [
  ['case', /^Column \S+ was taken as (\S+): /],
  ['unknown', /^Unknown column (.+) is kept in raw/],
  ['missing', /^Optional column (\S+) is missing/],
  ['header only', /^The file has a header and no rows/],
  ['same content', /^The same content as /],
];

function noteOf(note: string): string {
  for (const [word, sentence] of NOTES) {
    const match = sentence.exec(note);
    if (match) return match[1] ? `${word} ${match[1]}` : word;
  }
  return note;
}

/** A row that was read is kept as an object of its texts, one that was not as the text itself. */
function quarantined({ tentativa: _, arquivo_id: __, ...row }: Row): QuarantinedRow {
  const { camada, texto } = row as { camada: QuarantinedRow['camada']; texto: string };
  if (camada === 'raw') return { ...(row as QuarantinedRow), texto: texto.replace(/\r?\n$/, '') };
  const texts = Object.entries(JSON.parse(texto)).filter(([, text]) => text !== '');
  return { ...(row as QuarantinedRow), texto: Object.fromEntries(texts) as Record<string, string> };
}

/** Both sides in one order, and without what the rules leave open. */
export function comparable(side: Expected, model: Expected): Expected {
  const open = new Set(model.ledger.filter(({ mayBeLinked }) => mayBeLinked).map(({ slot, key }) => `${slot} ${key}`));
  const entry = ({ mayBeLinked: _, ...one }: Entry) => ({
    ...one,
    notes: one.notes.filter((note) => note !== 'same content' || !open.has(`${one.slot} ${one.key}`)).sort(),
  });
  const each = (tables: Record<string, ModelRow[]>) =>
    Object.fromEntries(
      Object.entries(tables).flatMap(([name, rows]) => (rows.length > 0 ? [[name, sorted(rows)]] : [])),
    );
  return {
    ...side,
    ledger: sorted(side.ledger.map(entry)) as Entry[],
    trusted: each(side.trusted) as Expected['trusted'],
    quarantine: sorted(side.quarantine),
    refined: each(side.refined),
  };
}

function sorted<T>(rows: T[]): T[] {
  const texts = new Map(rows.map((row) => [row, JSON.stringify(row, withSortedKeys)]));
  return rows.toSorted((a, b) => ((texts.get(a) ?? '') < (texts.get(b) ?? '') ? -1 : 1));
}

const withSortedKeys = (_key: string, value: unknown) =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
