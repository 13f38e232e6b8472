import type { Database } from './database.ts';

/** Codes of the control database in the words of analysts; a code without one stays as it is. */
const inWords = (column: string, words: Record<string, string>) =>
  `case ${column} ${Object.entries(words)
    .map(([code, word]) => `when '${code}' then '${word}'`)
    .join(' ')} else ${column} end`;

const KIND = inWords('kind', { scheduled: 'agendada', manual: 'manual', backfill: 'reprocessamento' });
const STATE = inWords('state', {
  ...{ open: 'aberta', empty: 'vazia', superseded: 'substituida', published: 'publicada' },
  ...{ published_with_refusals: 'publicada_com_recusas', published_unconfirmed: 'publicada_sem_confirmacao' },
  ...{ failed: 'falhou', cancelled: 'cancelada' },
});
const OUTCOME = inWords('outcome', {
  ...{ claimed: 'em_processamento', accepted: 'aceito', refused: 'recusado' },
  ...{ document: 'documento', held: 'retido', given_back: 'devolvido' },
});
const SEVERITY = inWords('severity', { error: 'erro', warn: 'aviso' });
const RUN = 'run.slot, run.run as execucao, run.attempt as tentativa';

/**
 * The rows of each exported table, by its name; columns as `catalog/control-tables.ts` describes them, the slot first. What
 * goes on changing by itself (the cost of a running cluster) is null until it is final, for each change is a new object.
 */
const QUERIES: Record<string, string> = {
  execucoes: `
    select ${RUN}, ${KIND} as tipo, ${STATE} as situacao, message as mensagem, opened_at as aberta_em,
           closed_at as encerrada_em, extract(epoch from closed_at - opened_at) as duracao_segundos, publication as publicacao,
           coalesce(arquivos, 0) as arquivos, coalesce(aceitos, 0) as arquivos_aceitos,
           coalesce(recusados, 0) as arquivos_recusados, coalesce(retidos, 0) as arquivos_retidos, linhas_raw,
           case when cost.complete then usd end as custo_usd
    from run left join published_run using (run)
    left join (
      select run, count(*) as arquivos, count(*) filter (where outcome = 'accepted') as aceitos,
             count(*) filter (where outcome = 'refused') as recusados, count(*) filter (where outcome = 'held') as retidos
      from file group by run
    ) files using (run)
    left join (select run, sum(rows_raw) as linhas_raw from table_load where layer = 'raw' group by run) loads using (run)
    left join run_cost cost using (run)`,
  arquivos: `
    select ${RUN}, file as arquivo_id, landing_key as arquivo, source_table as tabela, ${OUTCOME} as situacao,
           reason as motivo, arrived_at as chegou_em, bytes, records as registros, rows_raw as linhas_raw,
           unreadable as ilegiveis, conserved as confere, seen_at as visto_em
    from file join run using (run)`,
  cargas: `
    select ${RUN}, layer as camada, table_name as tabela, seconds as segundos, bytes, records as registros,
           rows_raw as linhas_raw, unreadable as ilegiveis, inserted as inseridas, updated as atualizadas,
           unchanged as inalteradas, superseded as substituidas, quarantined as em_quarentena, erased as eliminadas,
           rows_written as linhas_gravadas, total_rows as linhas_total, conserved as confere,
           snapshot_from as snapshot_antes, snapshot_to as snapshot_depois
    from table_load join run using (run)`,
  auditorias: `
    select ${RUN}, layer as camada, table_name as tabela, audit as auditoria, ${SEVERITY} as gravidade, value as valor,
           limit_value as limite, passed as passou
    from audit_result join run using (run)`,
  publicacoes: `
    select ${RUN}, publication as publicacao, planned_at as planejada_em, completed_at as concluida_em,
           confirmed_at as confirmada_em,
           (select count(*) from publication_table t where t.publication = publication.publication) as tabelas,
           (select count(distinct h.slot) from publication_held h where h.publication = publication.publication)
             as entregas_retidas
    from publication join run using (run)`,
  publicacoes_tabelas: `
    select ${RUN}, publication as publicacao, table_name as tabela, snapshot_from as snapshot_antes,
           snapshot_to as snapshot_depois, rows_expected as linhas_esperadas
    from publication_table join publication using (publication) join run using (run)`,
  entregas_retidas: `
    select ${RUN}, publication as publicacao, held.slot as slot_retido, source_table as tabela, files as arquivos,
           reason as motivo
    from publication_held held join publication using (publication) join run using (run)`,
  clusters: `
    select ${RUN}, cluster_id as cluster, purpose as finalidade, cluster.state as estado, asked_at as pedido_em,
           ended_at as encerrado_em, case when cost_complete_at is not null then hours end as horas_maquina,
           case when cost_complete_at is not null and priced then usd end as custo_usd
    from emr_cluster cluster join run using (run)
    left join (
      select cluster_id, sum(hours) as hours, sum(usd) as usd, bool_and(usd is not null) as priced
      from emr_instance_cost group by cluster_id
    ) cost using (cluster_id)`,
  etapas: `
    select ${RUN}, cluster_id as cluster, step_id as etapa, layer as camada, step.state as estado,
           step.started_at as iniciada_em, step.ended_at as encerrada_em, log_uri as log
    from emr_step step join emr_cluster using (cluster_id) join run using (run)`,
  quarentena_anotacoes: `
    select ${RUN}, file as arquivo_id, line as linha, note as anotacao, noted_by as anotada_por, noted_at as anotada_em
    from quarantine_note join file using (file) join run using (run)`,
};

/** Columns that tell two rows of a table apart are among its first six. */
const ORDER = '1, 2, 3, 4, 5, 6';

const rowsOfAll = (table: string) => {
  const query = QUERIES[table];
  if (!query) throw new RangeError(`the control database has no query for the export of "${table}"`);
  return `select rows.*, (rows.slot at time zone 'America/Sao_Paulo')::date::text as data_referencia from (${query}) rows`;
};

/** A slot whose rows are not what was exported last; without a digest it has none any more. */
export type StaleSlot = { slot: Date; digest: string | null };

/** `definition` is part of the digest: a table that is described or computed differently is exported anew. */
export async function staleSlots(database: Database, table: string, definition: string): Promise<StaleSlot[]> {
  const { rows } = await database.query<StaleSlot>(
    `with exported as (${rowsOfAll(table)}),
     now as (select slot, md5($2 || string_agg(exported::text, e'\\n' order by exported::text collate "C")) as digest
             from exported group by slot),
     before as (select slot, digest from control_export where table_name = $1)
     select slot, now.digest from now full join before using (slot)
     where now.digest is distinct from before.digest order by slot`,
    [table, `${definition}\n${QUERIES[table]}\n`],
  );
  return rows;
}

export type ExportRow = Record<string, string | number | boolean | Date | null>;

/** The rows of one slot, always in the same order; whole numbers of 64 bits and decimals as text. */
export async function slotRows(database: Database, table: string, slot: Date): Promise<ExportRow[]> {
  const { rows } = await database.query<ExportRow>(
    `select * from (${rowsOfAll(table)}) exported where slot = $1 order by ${ORDER}`,
    [slot],
  );
  return rows;
}

/** To be called once the object is on S3. */
export async function noteExported(database: Database, table: string, { slot, digest }: StaleSlot): Promise<void> {
  await database.query(
    digest === null
      ? `delete from control_export where table_name = $1 and slot = $2 and $3::text is null`
      : `insert into control_export (table_name, slot, digest) values ($1, $2, $3)
         on conflict (table_name, slot) do update set digest = excluded.digest, exported_at = now()`,
    [table, slot, digest],
  );
}
