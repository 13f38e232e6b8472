import type { Column, TableInput } from '@aws-sdk/client-glue';
import {
  CONTROL_PARTITION,
  CONTROL_TABLES,
  CONTROL_VIEW,
  type ControlColumn,
  type ControlTable,
} from '../catalog/control-tables.ts';
import { slotOf } from '../workflows/slot.ts';
import { businessDateOf } from './business-date.ts';
import { bucket } from './places.ts';
import { viewInput } from './views.ts';

const folder = (prefix: string, { name }: ControlTable) => `s3://${bucket(prefix, 'controle')}/exportacao/${name}`;

/** Where the rows of a slot lie: the same slot always gives the same key, so that an export that is repeated replaces. */
export function exportUri(prefix: string, table: ControlTable, slot: Date): string {
  return `${folder(prefix, table)}/${CONTROL_PARTITION.name}=${monthOf(slot)}/${slotOf(slot)}.parquet`;
}

const monthOf = (slot: Date) => businessDateOf(slot).slice(0, 7);

/** What Glue is to know of the exported tables, and of the view over them and the quarantine. */
export function controlTableInputs(prefix: string): TableInput[] {
  return [...CONTROL_TABLES.map((table) => exportedTable(prefix, table)), quarantineView()];
}

/**
 * An external table whose partitions Athena works out by itself, so that a new month needs no entry in Glue. They are
 * months, as Athena looks into the folder of each that a query does not rule out: a year of slots costs it twelve looks.
 */
function exportedTable(prefix: string, table: ControlTable): TableInput {
  const { name: key } = CONTROL_PARTITION;
  return {
    Name: table.name,
    Description: table.description,
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      classification: 'parquet',
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      [`projection.${key}.type`]: 'date',
      [`projection.${key}.format`]: 'yyyy-MM',
      [`projection.${key}.range`]: '2026-01,NOW+1MONTHS',
      [`projection.${key}.interval`]: '1',
      [`projection.${key}.interval.unit`]: 'MONTHS',
      'storage.location.template': `${folder(prefix, table)}/${key}=\${${key}}/`,
    },
    PartitionKeys: [glueColumn(CONTROL_PARTITION)],
    StorageDescriptor: {
      Location: `${folder(prefix, table)}/`,
      InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      Columns: table.columns.map(glueColumn),
    },
  };
}

const glueColumn = ({ name, type, description }: ControlColumn): Column => ({
  Name: name,
  Type: type,
  Comment: description,
});

/**
 * The rule of `podlake quarantine list`: a row is settled by the first published slot that brought a good row of its key,
 * else by a note. The values of the row, which are data of clients, stay in `controle.quarentena`.
 */
function quarantineView(): TableInput {
  const originalSql = `
    SELECT q.tabela, q.slot, q.camada, q.arquivo_id, q.arquivo, q.registro, q.linha,
      array_join(transform(q.motivos, m -> coalesce(m.coluna || ': ', '') || m.regra), '; ') AS regras,
      CASE WHEN r.slot IS NULL AND a.anotacao IS NULL THEN 'aberta' ELSE 'resolvida' END AS situacao,
      CASE WHEN r.slot IS NOT NULL THEN 'linha_posterior' WHEN a.anotacao IS NOT NULL THEN 'anotacao' END AS resolvida_por,
      r.slot AS resolvida_no_slot, a.anotacao, a.anotada_por, a.anotada_em
    FROM controle.quarentena q
    LEFT JOIN (
      SELECT boa.arquivo_id, boa.registro, min(boa.slot) AS slot
      FROM controle.quarentena_resolvida boa
      JOIN controle.publicacoes p ON p.slot = boa.slot
      WHERE p.concluida_em IS NOT NULL
      GROUP BY boa.arquivo_id, boa.registro
    ) r ON r.arquivo_id = q.arquivo_id AND r.registro = q.registro
    LEFT JOIN controle.quarentena_anotacoes a ON a.arquivo_id = q.arquivo_id AND a.linha = q.linha`;
  return viewInput({
    ...CONTROL_VIEW,
    schema: 'controle',
    originalSql: originalSql.replaceAll(/\n {4}/g, '\n').trim(),
  });
}
