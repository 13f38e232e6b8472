import { expect } from 'vitest';
import type { Stack } from './stack.ts';

/** Of which table of the control database each exported one has the rows. */
const SOURCES = {
  ...{ execucoes: 'run', arquivos: 'file', cargas: 'table_load', auditorias: 'audit_result' },
  ...{ publicacoes: 'publication', publicacoes_tabelas: 'publication_table', entregas_retidas: 'publication_held' },
  ...{ clusters: 'emr_cluster', etapas: 'emr_step', quarentena_anotacoes: 'quarantine_note' },
};

/** That Athena has every row of the control database, and of runs and loads the same figures. */
export async function expectExported(stack: Stack): Promise<void> {
  const counts = Object.entries(SOURCES).map(([exported, source]) => ({
    athena: `SELECT '${exported}' AS tabela, count(*) AS linhas FROM controle.${exported} WHERE mes = '2026-01'`,
    control: `select '${exported}' as tabela, count(*) as linhas from ${source}`,
  }));
  await expectSame(stack, {
    athena: `${counts.map(({ athena }) => athena).join(' UNION ALL ')} ORDER BY tabela`,
    control: `${counts.map(({ control }) => control).join(' union all ')} order by tabela`,
  });
  await expectSame(stack, {
    athena: `SELECT execucao, to_unixtime(slot), tentativa, arquivos, publicacao, situacao IN ('publicada', 'publicada_com_recusas')
      FROM controle.execucoes ORDER BY execucao`,
    control: `select run, extract(epoch from run.slot)::float8, attempt, (select count(*) from file where file.run = run.run),
        publication, state in ('published', 'published_with_refusals')
      from run left join publication using (run) order by run`,
  });
  await expectSame(stack, {
    athena: `SELECT camada, tabela, sum(inseridas), sum(linhas_gravadas), max(snapshot_depois) FROM controle.cargas
      GROUP BY camada, tabela ORDER BY camada, lower(tabela)`,
    control: `select layer, table_name, sum(inserted) as inserted, sum(rows_written) as written, max(snapshot_to) as snapshot from table_load
      group by layer, table_name order by layer, lower(table_name) collate "C"`,
  });
}

async function expectSame(stack: Stack, asked: { athena: string; control: string }): Promise<void> {
  const rows = await stack.control<Record<string, unknown>>(asked.control);
  const numeric = (value: unknown) =>
    typeof value === 'string' && /^-?\d+(\.\d+)?(E\d+)?$/.test(value) ? Number(value) : value;
  const wanted = rows.map((row) =>
    Object.values(row).map((value) => numeric(typeof value === 'boolean' ? String(value) : value)),
  );
  expect(rows.length).toBeGreaterThan(0);
  expect((await stack.athena(asked.athena)).map((row) => row.map(numeric))).toEqual(wanted);
}
