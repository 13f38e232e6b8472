import {
  type Column,
  CreateDatabaseCommand,
  CreateTableCommand,
  GetTableCommand,
  type GlueClient,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { refinedLineageText, trustedLineageText } from '../catalog/lineage/words.ts';
import * as held from '../control-db/queries/held.ts';
import * as publications from '../control-db/queries/publications.ts';
import type { LakeActivities } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { countHeld, heldByTable, heldText } from './held.ts';
import { bucket, publicationPointer, putJson } from './places.ts';
import { refinedView } from './views.ts';

const DATABASES = {
  trusted: 'Dados tipados, uma linha por chave',
  refined: 'Indicadores de crédito',
  controle: 'Registros do próprio processo',
};

/**
 * The Glue catalogue: what TypeScript keeps of it. A table's definition is read, compared and written under its version id;
 * no change, no version. The pointer of an Iceberg table is Iceberg's alone and goes through unchanged. A commit of Iceberg
 * writes a table's columns anew, so the lineage of its columns is a parameter of the table; a view's stands at each column.
 */
export function glueActivities(
  lake: Lake,
): Pick<LakeActivities, 'prepareCatalogue' | 'updateCatalogue' | 'announcePublication'> {
  const { glue, settings } = lake;
  return {
    async prepareCatalogue() {
      for (const name of Object.keys(DATABASES) as (keyof typeof DATABASES)[]) await makeDatabase(glue, name);
      await putTable(glue, 'controle', currentPublicationTable(settings.bucketPrefix));
    },

    async updateCatalogue() {
      let changed = 0;
      const lacks = heldByTable(lake.catalogue, await held.heldNow(lake.database));
      for (const refined of Object.values(lake.catalogue.refined)) {
        if (await putTable(glue, 'refined', refinedView(refined))) changed += 1;
        const parameters = {
          dono: refined.owner,
          titulo: refined.title,
          linhagem: refinedLineageText(refined),
          entregas_retidas: heldText(lacks.refined(refined.name)),
        };
        if (await putParameters(glue, 'refined', `${refined.name}_dados`, parameters)) changed += 1;
      }
      for (const trusted of Object.values(lake.catalogue.trusted)) {
        const parameters = {
          origem: trusted.source,
          linhagem: trustedLineageText(trusted),
          entregas_retidas: heldText(lacks.trusted(trusted.name)),
        };
        if (await putParameters(glue, 'trusted', trusted.name, parameters)) changed += 1;
      }
      return { changed };
    },

    /**
     * The moment at which readers of refined see the slot: one small object, replaced whole. Never back to an older slot: with a
     * backfill of such, the newest stays what they see.
     */
    async announcePublication(publication) {
      const own = await publications.readPublication(lake.database, publication);
      const newest = await publications.lastPublishedSlot(lake.database);
      const older = newest !== null && newest > own.slot;
      if (older && own.backfill === null) return;
      const slot = older ? newest : own.slot;
      const text = slot.toISOString().slice(0, 19).replace('T', ' ');
      const retained = await held.heldAt(lake.database, publication);
      await putJson(lake.s3, publicationPointer(settings.bucketPrefix), {
        slot: text,
        publicacao: publication,
        entregas_retidas: countHeld(retained),
        quais_retidas: heldText(retained),
      });
    },
  };
}

function currentPublicationTable(prefix: string): TableInput {
  return {
    Name: 'publicacao_atual',
    Description: 'A publicação que os consumidores veem: uma única linha.',
    TableType: 'EXTERNAL_TABLE',
    Parameters: { classification: 'json', EXTERNAL: 'TRUE' },
    StorageDescriptor: {
      Location: `s3://${bucket(prefix, 'controle')}/publicacao_atual/`,
      InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
      OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
      SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
      Columns: [
        { Name: 'slot', Type: 'timestamp', Comment: 'Instante (UTC) do último slot publicado' },
        { Name: 'publicacao', Type: 'bigint', Comment: 'Número da publicação' },
        { Name: 'entregas_retidas', Type: 'bigint', Comment: 'Entregas retidas, cujos dados faltam nesta publicação' },
        { Name: 'quais_retidas', Type: 'string', Comment: 'Slot e tabelas de cada entrega retida; vazio se não há' },
      ],
    },
  };
}

/** Makes the database unless it is there. */
export async function makeDatabase(glue: GlueClient, Name: keyof typeof DATABASES): Promise<void> {
  const DatabaseInput = { Name, Description: DATABASES[Name] };
  await glue.send(new CreateDatabaseCommand({ DatabaseInput })).catch(unlessThere);
}

/** Creates or updates a table that is not Iceberg's; returns whether anything changed. */
export async function putTable(glue: GlueClient, DatabaseName: string, wanted: TableInput): Promise<boolean> {
  const found = await getTable(glue, DatabaseName, wanted.Name ?? '');
  if (!found) {
    await glue.send(new CreateTableCommand({ DatabaseName, TableInput: wanted })).catch(unlessThere);
    return true;
  }
  if (fingerprint(found) === fingerprint(wanted)) return false;
  await glue.send(
    new UpdateTableCommand({ DatabaseName, TableInput: wanted, VersionId: found.VersionId, SkipArchive: true }),
  );
  return true;
}

/** What of a definition is ours to compare: services add fields of their own. */
function fingerprint(table: Table | TableInput): string {
  const { Description, TableType, ViewOriginalText, StorageDescriptor, PartitionKeys, Parameters } = table;
  const told = ({ Name, Type, Comment, Parameters }: Column) => [
    Name,
    Type,
    Comment ?? '',
    Parameters?.['linhagem'] ?? '',
  ];
  return JSON.stringify([
    Description ?? '',
    TableType,
    ViewOriginalText ?? '',
    StorageDescriptor?.Location ?? '',
    (StorageDescriptor?.Columns ?? []).map(told),
    (PartitionKeys ?? []).map(told),
    Object.entries(Parameters ?? {})
      .filter(([key]) => key.startsWith('projection.') || key === 'storage.location.template')
      .sort(),
  ]);
}

/** Sets parameters of our own on an Iceberg table that exists; a commit that came between is read again by the retry. */
async function putParameters(
  glue: GlueClient,
  DatabaseName: string,
  name: string,
  ours: Record<string, string>,
): Promise<boolean> {
  const found = await getTable(glue, DatabaseName, name);
  if (!found) return false;
  if (Object.entries(ours).every(([key, value]) => found.Parameters?.[key] === value)) return false;
  const { Name, Description, Owner, Retention, StorageDescriptor, PartitionKeys, TableType, Parameters } = found;
  await glue.send(
    new UpdateTableCommand({
      DatabaseName,
      TableInput: {
        Name,
        Description,
        Owner,
        Retention,
        StorageDescriptor,
        PartitionKeys,
        TableType,
        Parameters: { ...Parameters, ...ours },
      },
      VersionId: found.VersionId,
      SkipArchive: true,
    }),
  );
  return true;
}

async function getTable(glue: GlueClient, DatabaseName: string, Name: string): Promise<Table | null> {
  try {
    return (await glue.send(new GetTableCommand({ DatabaseName, Name }))).Table ?? null;
  } catch (error) {
    if ((error as Error).name === 'EntityNotFoundException') return null;
    throw error;
  }
}

function unlessThere(error: Error): void {
  if (error.name !== 'AlreadyExistsException') throw error;
}
