import { describe, expect, test } from 'vitest';
import { refinedView } from '../../../activities/views.ts';
import type { CompiledRefined } from '../../../catalog/types.ts';

const indicator = {
  name: 'taxa_inadimplencia',
  title: 'Taxa de inadimplência',
  columns: [
    { name: 'tipo', type: 'string', description: 'Tipo' },
    { name: 'contratos', type: 'bigint', description: 'x'.repeat(300) },
    { name: 'faixa', type: 'int', description: 'Faixa' },
    { name: 'ts_anterior', type: 'timestamp_ntz', description: 'Instante da execução anterior' },
  ],
  lineage: { tipo: { 'trusted.bureau.credit_type': ['value'] } } as CompiledRefined['lineage'],
} as CompiledRefined;

const view = refinedView(indicator);
const definition = JSON.parse(
  Buffer.from(/^\/\* Presto View: (\S+) \*\/$/.exec(view.ViewOriginalText ?? '')?.[1] ?? '', 'base64').toString(),
);

describe('the view of an indicator', () => {
  test('is what Athena takes for a view', () => {
    expect(view).toMatchObject({
      Name: 'taxa_inadimplencia',
      TableType: 'VIRTUAL_VIEW',
      ViewExpandedText: '/* Presto View */',
      Parameters: { presto_view: 'true' },
    });
    expect(definition).toMatchObject({ catalog: 'awsdatacatalog', schema: 'refined' });
  });

  test('shows the rows up to the publication that is whole, and no column but its own', () => {
    const sql = definition.originalSql.replaceAll(/\s+/g, ' ');
    expect(sql).toBe(
      'SELECT tipo, contratos, faixa, ts_anterior, ts_referencia, data_referencia FROM refined.taxa_inadimplencia_dados ' +
        'WHERE ts_referencia <= (SELECT slot FROM controle.publicacao_atual)',
    );
  });

  test('has the same columns for Athena and for Glue, each in its words for types', () => {
    expect(definition.columns).toEqual([
      { name: 'tipo', type: 'varchar' },
      { name: 'contratos', type: 'bigint' },
      { name: 'faixa', type: 'integer' },
      { name: 'ts_anterior', type: 'timestamp(6)' },
      { name: 'ts_referencia', type: 'timestamp(6)' },
      { name: 'data_referencia', type: 'date' },
    ]);
    expect(view.StorageDescriptor?.Columns?.map(({ Name, Type }) => [Name, Type])).toEqual([
      ['tipo', 'string'],
      ['contratos', 'bigint'],
      ['faixa', 'int'],
      ['ts_anterior', 'timestamp'],
      ['ts_referencia', 'timestamp'],
      ['data_referencia', 'date'],
    ]);
  });

  test('says of each column what it comes from', () => {
    const lineage = view.StorageDescriptor?.Columns?.map(({ Name, Parameters }) => [Name, Parameters?.['linhagem']]);
    expect(Object.fromEntries(lineage ?? [])).toMatchObject({
      tipo: '{"trusted.bureau.credit_type":["valor"]}',
      contratos: '{}',
      ts_referencia: '{"slot":["valor"]}',
    });
  });

  test('has comments no longer than Glue takes', () => {
    for (const { Comment } of view.StorageDescriptor?.Columns ?? []) expect(Comment?.length).toBeLessThanOrEqual(255);
  });
});
