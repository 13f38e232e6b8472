import { GetTableCommand, type GlueClient, type TableInput } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
import { parquetReadObjects } from 'hyparquet';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { controlExportActivities } from '../../../activities/control-export.ts';
import { controlTableInputs } from '../../../activities/control-tables.ts';
import { CONTROL_TABLES } from '../../../catalog/control-tables.ts';
import { clusterEnded, recordCluster, recordStep } from '../../../control-db/queries/clusters.ts';
import { costComplete, recordInstances } from '../../../control-db/queries/costs.ts';
import { slotRows } from '../../../control-db/queries/export.ts';
import { recordLayer } from '../../../control-db/queries/loads.ts';
import * as publications from '../../../control-db/queries/publications.ts';
import { noteQuarantined } from '../../../control-db/queries/quarantine.ts';
import { rejectFiles } from '../../../control-db/queries/rejections.ts';
import { closeRun } from '../../../control-db/queries/runs.ts';
import type { RunContext } from '../../../workflows/types.ts';
import { startTestPostgres, type TestPostgres } from '../../postgres.ts';
import { accepted, load, open, written } from '../control-db/delivered.ts';

let postgres: TestPostgres;
let database: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = postgres.database;
});
beforeEach(() => postgres.empty());
afterAll(() => postgres?.stop());

/** The export over a real control database; objects by key, each put in the order of its time. */
function exporter() {
  const objects = new Map<string, Uint8Array>();
  const puts: string[] = [];
  const tables = new Map<string, TableInput>();
  const failing = { key: '' };
  const s3 = {
    async send({ input: { Key, Body } }: { input: { Key: string; Body: Uint8Array } }) {
      if (Key === failing.key) throw new Error('S3 says 503');
      puts.push(Key);
      objects.set(Key, Body);
    },
  };
  const glue = {
    async send(command: { input: { Name?: string; TableInput?: TableInput } }) {
      const { Name = '', TableInput: wanted } = command.input;
      if (wanted) tables.set(wanted.Name ?? '', wanted);
      if (command instanceof GetTableCommand && !tables.has(Name)) {
        throw Object.assign(new Error(Name), { name: 'EntityNotFoundException' });
      }
      return { Table: tables.get(Name) };
    },
  };
  const activities = controlExportActivities({
    ...{ database, s3: s3 as unknown as S3Client, glue: glue as unknown as GlueClient },
    settings: { bucketPrefix: 'lake' },
  } as Lake);
  const rows = (table: string, slot: string) => {
    const body = objects.get(`exportacao/${table}/mes=${slot.slice(0, 4)}-${slot.slice(4, 6)}/${slot}.parquet`);
    if (!body) throw new Error(`no object for ${table} of ${slot}`);
    return parquetReadObjects({
      file: { byteLength: body.byteLength, slice: (from, to) => body.slice(from, to).buffer },
    });
  };
  return { run: () => activities.exportControl({} as RunContext), rows, objects, puts, tables, failing };
}

/** A slot with a row in every control table: published over a held delivery, with a cluster that was paid for. */
async function everything(): Promise<{ held: number }> {
  const failed = await open(database, '2026-01-05T09:00:00Z', 'a');
  const { file: held } = await accepted(database, failed.run, 'retido.csv');
  await closeRun(database, failed.run, 'failed', 'trusted.bureau: 9 % are bad');
  await noteQuarantined(database, { file: held, line: 7, note: 'a fonte confirma', by: 'ana' });

  const { run, grant } = await open(database, '2026-01-05T21:00:00Z', 'b');
  await accepted(database, run, 'bom.csv');
  const audit = {
    table: 'bureau',
    audit: 'bad_row_share',
    severity: 'error',
    value: 0.5,
    limit: 0.01,
    passed: false,
  } as const;
  await recordLayer(database, load(run, 'raw', { audits: [{ ...audit, examples: [] }] }));
  await written(database, run, { from: null, to: '8314159265358979323' });
  const { publication } = await publications.planPublication(database, run, grant);
  await publications.completePublication(database, publication);
  await recordCluster(database, { clusterId: 'j-1', run, name: 'podlake', state: 'STARTING', purpose: 'run' });
  await recordStep(database, { stepId: 's-1', clusterId: 'j-1', layer: 'raw', name: 'raw', state: 'COMPLETED' });
  const times = { startedAt: new Date('2026-01-05T21:00:00Z'), endedAt: new Date('2026-01-05T22:30:00Z') };
  const instance = {
    instanceId: 'i',
    instanceType: 'r6g.2xlarge',
    market: 'on_demand',
    usdHour: 0.5,
    ...times,
  } as const;
  await recordInstances(database, 'j-1', [instance]);
  await clusterEnded(database, 'j-1', 'TERMINATED');
  await closeRun(database, run, 'published', 'publication 1');
  return { held };
}

describe('the export of the control tables', () => {
  test('has for every described table a row with the described columns, in the order in which Glue has them', async () => {
    await everything();
    const { run, tables } = exporter();
    await run();
    for (const { name, columns } of CONTROL_TABLES) {
      const slot = new Date(name === 'quarentena_anotacoes' ? '2026-01-05T09:00:00Z' : '2026-01-05T21:00:00Z');
      const [row = {}] = await slotRows(database, name, slot);
      expect({ name, columns: Object.keys(row) }).toEqual({ name, columns: columns.map((column) => column.name) });
      expect(tables.get(name)?.StorageDescriptor?.Columns?.map(({ Name }) => Name)).toEqual(Object.keys(row));
    }
  });

  test('says in the words of analysts what happened, times in UTC, the day in São Paulo', async () => {
    await everything();
    const { run, rows } = exporter();
    await run();
    expect(await rows('execucoes', '20260105T090000Z')).toMatchObject([
      {
        execucao: 1n,
        tentativa: 1,
        tipo: 'agendada',
        situacao: 'falhou',
        arquivos: 1n,
        arquivos_retidos: 1n,
        publicacao: null,
      },
    ]);
    expect(await rows('execucoes', '20260105T210000Z')).toMatchObject([
      {
        ...{ slot: new Date('2026-01-05T21:00:00Z'), data_referencia: new Date('2026-01-05T00:00:00Z') },
        ...{ situacao: 'publicada', publicacao: 1n, arquivos_aceitos: 1n, mensagem: 'publication 1' },
      },
    ]);
    expect(await rows('arquivos', '20260105T090000Z')).toMatchObject([
      { arquivo: 'retido.csv', tabela: 'bureau', situacao: 'retido', motivo: 'trusted.bureau: 9 % are bad' },
    ]);
    expect(await rows('auditorias', '20260105T210000Z')).toMatchObject([
      { camada: 'raw', auditoria: 'bad_row_share', gravidade: 'erro', valor: 0.5, limite: 0.01, passou: false },
    ]);
    expect(await rows('publicacoes_tabelas', '20260105T210000Z')).toMatchObject([
      { tabela: 'refined.taxa_dados', linhas_esperadas: 4n },
      { tabela: 'trusted.bureau', snapshot_antes: null, snapshot_depois: 8314159265358979323n, linhas_esperadas: 30n },
    ]);
    expect(await rows('entregas_retidas', '20260105T210000Z')).toMatchObject([
      { slot_retido: new Date('2026-01-05T09:00:00Z'), tabela: 'bureau', arquivos: 1 },
    ]);
    expect(await rows('quarentena_anotacoes', '20260105T090000Z')).toMatchObject([
      { linha: 7n, anotacao: 'a fonte confirma', anotada_por: 'ana' },
    ]);
  });

  test('puts a run of the night under the day and month of São Paulo, where UTC has the next', async () => {
    await open(database, '2026-02-01T01:30:00Z', 'a');
    const { run, puts } = exporter();
    await run();
    expect(puts).toEqual(['exportacao/execucoes/mes=2026-01/20260201T013000Z.parquet']);
    const slot = new Date('2026-02-01T01:30:00Z');
    expect(await slotRows(database, 'execucoes', slot)).toMatchObject([{ slot, data_referencia: '2026-01-31' }]);
  });

  test('gives a cost once it is final', async () => {
    await everything();
    const { run, rows } = exporter();
    const cost = async (table: string) => (await rows(table, '20260105T210000Z')).map(({ custo_usd }) => custo_usd);
    await run();
    expect([...(await cost('clusters')), ...(await cost('execucoes'))]).toEqual([null, null]);
    await costComplete(database, 'j-1');
    await run();
    // One and a half hours at half a dollar.
    expect([...(await cost('clusters')), ...(await cost('execucoes'))]).toEqual([0.75, 0.75]);
  });

  test('of what did not change writes nothing again, and what it writes again is the same to the byte', async () => {
    await everything();
    const { run, objects, puts } = exporter();
    const first = await run();
    expect(first.objects).toBe(puts.length);
    expect(await run()).toEqual({ objects: 0, rows: 0 });
    const before = new Map(objects);
    await database.query('delete from control_export');
    expect(await run()).toEqual(first);
    expect(objects).toEqual(before);
  });

  test('writes an older slot anew when a person changes it later, and no other', async () => {
    const { held } = await everything();
    const { run, rows, puts } = exporter();
    await run();
    puts.length = 0;
    await rejectFiles(database, [held], { by: 'ana', reason: 'a fonte retirou' });
    await run();
    expect(puts.sort()).toEqual([
      'exportacao/arquivos/mes=2026-01/20260105T090000Z.parquet',
      'exportacao/execucoes/mes=2026-01/20260105T090000Z.parquet',
    ]);
    expect(await rows('arquivos', '20260105T090000Z')).toMatchObject([
      { situacao: 'recusado', motivo: 'a fonte retirou' },
    ]);
  });

  test('leaves an object without rows where a slot has none any more', async () => {
    const { run: first } = await open(database, '2026-01-05T09:00:00Z', 'a');
    await accepted(database, first, 'devolvido.csv');
    const { run, rows } = exporter();
    await run();
    // A file that was given back belongs to the run that takes it up.
    const { run: second } = await open(database, '2026-01-05T21:00:00Z', 'b');
    await database.query('update file set run = $1', [second]);
    await run();
    expect(await rows('arquivos', '20260105T090000Z')).toEqual([]);
    expect(await rows('arquivos', '20260105T210000Z')).toHaveLength(1);
    expect(await run()).toEqual({ objects: 0, rows: 0 });
  });

  test('that broke off goes on where it broke off', async () => {
    await everything();
    const { run, puts, failing } = exporter();
    failing.key = 'exportacao/auditorias/mes=2026-01/20260105T210000Z.parquet';
    await expect(run()).rejects.toThrow('503');
    const before = puts.length;
    const key = failing.key;
    failing.key = '';
    await run();
    expect(puts.slice(before)).toContain(key);
    expect(new Set(puts).size).toBe(puts.length);
  });
});

describe('what Glue knows of the exported tables', () => {
  test('keeps to what Glue takes: a text for each table and column, of at most 255 characters', () => {
    for (const { Description, StorageDescriptor, PartitionKeys = [] } of controlTableInputs('lake')) {
      const comments = [...(StorageDescriptor?.Columns ?? []), ...PartitionKeys].map(({ Comment }) => Comment);
      for (const text of [Description, ...comments]) expect(text).toMatch(/^.{3,255}$/);
    }
  });
});
