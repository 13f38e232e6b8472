import type { GlueClient, Table, TableInput } from '@aws-sdk/client-glue';
import { describe, expect, test } from 'vitest';
import type { Lake } from '../../../activities/context.ts';
import { glueActivities } from '../../../activities/glue.ts';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import type { Database } from '../../../control-db/queries/database.ts';
import type { RunContext } from '../../../workflows/types.ts';

const catalogue = compileCatalogue(loadCatalogue());

/** Glue's tables as Iceberg's commits leave them, versioned as Glue does. */
class FakeGlue {
  readonly tables = new Map<string, Table>();

  async send(command: { constructor: { name: string }; input: Record<string, unknown> }): Promise<object> {
    const {
      DatabaseName,
      Name,
      TableInput: wanted,
      VersionId,
    } = command.input as {
      DatabaseName: string;
      Name?: string;
      TableInput?: TableInput;
      VersionId?: string;
    };
    const key = `${DatabaseName}.${Name ?? wanted?.Name}`;
    const found = this.tables.get(key);
    switch (command.constructor.name) {
      case 'GetTableCommand':
        if (!found) throw Object.assign(new Error(key), { name: 'EntityNotFoundException' });
        return { Table: found };
      case 'CreateTableCommand':
        this.commit(key, wanted);
        return {};
      case 'UpdateTableCommand':
        expect(VersionId).toBe(found?.VersionId);
        this.commit(key, wanted);
        return {};
      default:
        throw new Error(`no ${command.constructor.name} here`);
    }
  }

  commit(key: string, wanted: TableInput | undefined): void {
    const version = Number(this.tables.get(key)?.VersionId ?? 0) + 1;
    this.tables.set(key, { ...wanted, Name: wanted?.Name, VersionId: String(version) });
  }
}

function lakeWith(glue: FakeGlue): ReturnType<typeof glueActivities> {
  for (const { name } of Object.values(catalogue.trusted)) glue.commit(`trusted.${name}`, icebergTable(name));
  for (const { name } of Object.values(catalogue.refined)) {
    glue.commit(`refined.${name}_dados`, icebergTable(`${name}_dados`));
  }
  const database = { query: async () => ({ rows: [] }) };
  return glueActivities({
    glue: glue as unknown as GlueClient,
    database: database as unknown as Database,
    catalogue,
  } as Lake);
}

const icebergTable = (Name: string): TableInput => ({ Name, Parameters: { metadata_location: `s3://lake/${Name}` } });
const context = {} as RunContext;

describe('updating the Glue catalogue', () => {
  test('writes lineage to the parameters of tables and to the columns of views, and leaves the pointer of Iceberg', async () => {
    const glue = new FakeGlue();
    await lakeWith(glue).updateCatalogue(context);
    const trusted = glue.tables.get('trusted.bureau');
    expect(trusted?.Parameters).toMatchObject({ origem: 'bureau', metadata_location: 's3://lake/bureau' });
    expect(JSON.parse(trusted?.Parameters?.['linhagem'] ?? '')['amt_credit_sum']).toMatchObject({
      origem: 'bureau.AMT_CREDIT_SUM',
    });
    const data = glue.tables.get('refined.taxa_inadimplencia_dados');
    expect(JSON.parse(data?.Parameters?.['linhagem'] ?? '')['inadimplentes']).toEqual({
      'trusted.application_train.target': ['valor', 'filtro'],
    });
    const [column] = glue.tables.get('refined.taxa_inadimplencia')?.StorageDescriptor?.Columns ?? [];
    expect(column).toMatchObject({
      Name: 'inadimplentes',
      Parameters: { linhagem: '{"trusted.application_train.target":["valor","filtro"]}' },
    });
  });

  test('changes nothing the second time: no change, no version', async () => {
    const glue = new FakeGlue();
    const lake = lakeWith(glue);
    const tables = Object.keys(catalogue.trusted).length + 2 * Object.keys(catalogue.refined).length;
    expect(await lake.updateCatalogue(context)).toEqual({ changed: tables });
    expect(await lake.updateCatalogue(context)).toEqual({ changed: 0 });
  });

  test('writes a view anew when the lineage of one of its columns changed', async () => {
    const glue = new FakeGlue();
    const lake = lakeWith(glue);
    await lake.updateCatalogue(context);
    const view = glue.tables.get('refined.taxa_recuperacao');
    const [first] = view?.StorageDescriptor?.Columns ?? [];
    if (first === undefined) throw new Error('the view has no column');
    first.Parameters = { linhagem: '{}' };
    expect(await lake.updateCatalogue(context)).toEqual({ changed: 1 });
  });
});
