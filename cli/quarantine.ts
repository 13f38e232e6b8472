import { userInfo } from 'node:os';
import type { AthenaClient } from '@aws-sdk/client-athena';
import * as quarantine from '../control-db/queries/quarantine.ts';
import { awsClients, postgresPool } from '../workers/clients.ts';
import { type Config, readConfig } from '../workers/config.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import { ask } from './athena-query.ts';
import { printTable } from './table.ts';
import { RunProblem } from './watch.ts';

export const QUARANTINE_HELP = `
A row is settled by a good row of its key that a later published slot brought, or by a note of yours.
  podlake quarantine list --open
  podlake quarantine resolve --file 12 --line 340 --note "the source confirms: a test client"
The values are not shown here, as they are data of clients. Who may read them finds them in controle.quarentena:
  podlake sql "select linha, motivos, texto from controle.quarentena where arquivo_id = 12"`;

/** A row in quarantine; `line` and `key` are null where an older run did not note them or they cannot be read. */
export type QuarantinedRow = {
  table: string;
  slot: string;
  layer: string;
  file: number | null;
  name: string;
  line: number | null;
  record: number | null;
  key: string | null;
  reasons: string;
};
/** `slot`: the published one that brought a later good row of the key. */
export type Settled = { by: 'later row'; slot: string } | { by: 'note'; who: string; at: string; note: string };

type Filter = { table?: string; slot?: string; file?: number };
type ListOptions = Filter & { stack: string; open?: boolean; limit: number; json?: boolean };

export async function listQuarantine({ stack, open, limit, json, ...filter }: ListOptions): Promise<void> {
  const config = readConfig(stack);
  const rows = await settledRows(config, filter, open ? Number.POSITIVE_INFINITY : limit);
  const wanted = (open ? rows.filter(({ settled }) => settled === null) : rows).slice(0, limit);
  if (json) return console.log(JSON.stringify(wanted, null, 2));
  if (wanted.length === 0) return console.log(`No ${open ? 'open ' : ''}row in quarantine.`);
  printTable(
    ['slot', 'table', 'layer', 'file', 'line', 'name', 'key', 'reasons', 'settled'],
    wanted.map(({ settled, ...row }) => [
      ...[row.slot, row.table, row.layer, row.file, row.line, row.name, row.key, row.reasons],
      settledText(settled),
    ]),
  );
  const opened = wanted.filter(({ settled }) => settled === null).length;
  console.log(
    `${wanted.length} ${wanted.length === 1 ? 'row' : 'rows'}, ${opened} open.${wanted.length === limit ? ` There may be more: --limit ${limit * 10}` : ''}`,
  );
}

type ResolveOptions = { stack: string; file: number; line: number; note: string; json?: boolean };

export async function resolveQuarantined({ stack, file, line, note, json }: ResolveOptions): Promise<void> {
  const config = readConfig(stack);
  const rows = await quarantinedRows(awsClients(config).athena, config.athena.workGroup, { file }, 1, line);
  const [row] = rows;
  if (!row) {
    throw new RunProblem(
      `No row in quarantine begins on line ${line} of file ${file}. "podlake quarantine list --file ${file}" shows those of the file.`,
    );
  }
  const by = userInfo().username;
  const database = postgresPool(config);
  try {
    await quarantine.noteQuarantined(database, { file, line, note, by });
  } finally {
    await database.end();
  }
  if (json) return console.log(JSON.stringify({ ...row, settled: { by: 'note', who: by, note } }, null, 2));
  console.log(`Settled by a note of ${by}: line ${line} of ${row.name} (slot ${row.slot}, ${row.reasons}).`);
}

async function settledRows(config: Config, filter: Filter, limit: number) {
  const { athena } = awsClients(config);
  const { workGroup } = config.athena;
  const rows = await quarantinedRows(athena, workGroup, filter, limit);
  const files = [...new Set(rows.flatMap(({ file }) => file ?? []))];
  if (files.length === 0) return rows.map((row) => ({ ...row, settled: null }));
  const later = await ask(
    athena,
    workGroup,
    `SELECT arquivo_id, registro, ${SLOT} FROM controle.quarentena_resolvida
     WHERE arquivo_id BETWEEN ${Math.min(...files)} AND ${Math.max(...files)}`,
  );
  const database = postgresPool(config);
  try {
    const slots = [...new Set(later.rows.map(([, , slot]) => String(slot)))];
    const published = await quarantine.publishedOf(
      database,
      slots.map((slot) => new Date(instantOf(slot))),
    );
    const notes = await quarantine.quarantineNotes(database, files);
    return settle(rows, later.rows, new Set(published.map(slotOf)), notes);
  } finally {
    await database.end();
  }
}

/** Each row with what settled it first: a row of a later published slot, else a note; null while it is open. */
export function settle(
  rows: QuarantinedRow[],
  later: (string | null)[][],
  published: ReadonlySet<string>,
  notes: quarantine.QuarantineNote[],
): (QuarantinedRow & { settled: Settled | null })[] {
  const slots = new Map<string, string>();
  for (const [file, record, slot] of later) {
    const known = slots.get(`${file} ${record}`);
    if (slot && published.has(slot) && (known === undefined || slot < known)) slots.set(`${file} ${record}`, slot);
  }
  const noted = new Map(notes.map((note) => [`${note.file} ${note.line}`, note]));
  return rows.map((row) => {
    const slot = slots.get(`${row.file} ${row.record}`);
    if (slot !== undefined) return { ...row, settled: { by: 'later row', slot } };
    const note = noted.get(`${row.file} ${row.line}`);
    if (note === undefined) return { ...row, settled: null };
    return { ...row, settled: { by: 'note', who: note.by, at: note.at.toISOString(), note: note.note } };
  });
}

const SLOT = `date_format(slot, '%Y%m%dT%H%i%sZ')`;
// Columns and rules alone: the values are of clients.
const REASONS = `array_join(transform(motivos, m -> coalesce(m.coluna || ': ', '') || m.regra), '; ')`;

async function quarantinedRows(
  athena: AthenaClient,
  workGroup: string,
  { table, slot, file }: Filter,
  limit: number,
  line?: number,
): Promise<QuarantinedRow[]> {
  const conditions = [
    ...(table === undefined ? [] : [`tabela = '${nameOf(table)}'`]),
    ...(slot === undefined ? [] : [`slot = timestamp '${instantOf(slot).slice(0, 19).replace('T', ' ')}'`]),
    ...(file === undefined ? [] : [`arquivo_id = ${file}`]),
    ...(line === undefined ? [] : [`linha = ${line}`]),
  ];
  const { rows } = await ask(
    athena,
    workGroup,
    `SELECT tabela, ${SLOT} AS quando, camada, arquivo_id, arquivo, linha, registro, chave, ${REASONS} AS porque
     FROM controle.quarentena${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''}
     ORDER BY slot DESC, tabela, arquivo, registro${Number.isFinite(limit) ? ` LIMIT ${limit}` : ''}`,
  );
  const number = (text: string | null | undefined) => (text == null ? null : Number(text));
  return rows.map(([tabela, quando, camada, arquivoId, arquivo, linha, registro, chave, porque]) => ({
    ...{ table: tabela ?? '', slot: quando ?? '', layer: camada ?? '' },
    ...{ file: number(arquivoId), name: arquivo ?? '', line: number(linha), record: number(registro) },
    ...{ key: chave ?? null, reasons: porque ?? '' },
  }));
}

function nameOf(table: string): string {
  const name = table.toLowerCase();
  if (!/^[a-z_]+$/.test(name))
    throw new RunProblem(`"${table}" is not the name of a table, such as application_train.`);
  return name;
}

function settledText(settled: Settled | null): string {
  if (settled === null) return '';
  return settled.by === 'note' ? `${settled.who}: ${settled.note}` : `later row, slot ${settled.slot}`;
}
