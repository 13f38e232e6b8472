import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { traceCatalogue } from '../../../catalog/lineage/compute.ts';
import { Lineage, lineageOf } from '../../../catalog/lineage/graph.ts';
import { findPlace, near, placeName } from '../../../catalog/lineage/places.ts';
import { storeLineage, writeLineage } from '../../../catalog/lineage/stored.ts';
import { readableTables } from '../../../catalog/lineage/tables.ts';
import {
  columnLineageText,
  refinedLineageText,
  transformation,
  trustedLineageText,
} from '../../../catalog/lineage/words.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import type { CompiledCatalogue, Role } from '../../../catalog/types.ts';
import { replacing, smallCatalogue } from './small-catalogue.ts';

const PYTHON = process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? 'python3';
const real = compileCatalogue(loadCatalogue());
const lineage = lineageOf(real);

/** The roles of the columns of the files (and, without a column, of their rows) in one column of an indicator. */
function sourcesOf(column: string): Record<string, string> {
  const ends = lineage.origins(`refined.${column}`).filter(({ place }) => place.startsWith('source.'));
  return Object.fromEntries(ends.map(({ place, roles }) => [place.replace('source.', ''), roles.join(' ')]));
}

describe('lineage across the layers', () => {
  const value: Role[] = ['value'];
  const graph = new Lineage([
    { from: 'source.t.A', to: 'trusted.t.a', roles: value },
    { from: 'trusted.t.a', to: 'refined.x.v', roles: ['filter'] },
    { from: 'refined.x.v', to: 'refined.y.w', roles: value },
    { from: 'refined.y.w', to: 'refined.z.u', roles: ['group'] },
  ]);

  test('goes back to the files; along the way the role nearest to the result counts', () => {
    expect(graph.origins('refined.y.w')).toEqual([
      { place: 'refined.x.v', roles: ['value'], steps: 1 },
      { place: 'trusted.t.a', roles: ['filter'], steps: 2 },
      { place: 'source.t.A', roles: ['filter'], steps: 3 },
    ]);
    expect(graph.origins('refined.z.u').map(({ roles }) => roles)).toEqual([
      ['group'],
      ['group'],
      ['group'],
      ['group'],
    ]);
  });

  test('goes forward to all indicators with the same roles', () => {
    expect(graph.uses('source.t.A')).toEqual([
      { place: 'trusted.t.a', roles: ['value'], steps: 1 },
      { place: 'refined.x.v', roles: ['filter'], steps: 2 },
      { place: 'refined.y.w', roles: ['filter'], steps: 3 },
      { place: 'refined.z.u', roles: ['group'], steps: 4 },
    ]);
  });

  test('tells a place once, with the roles of all ways to it', () => {
    const twoWays = new Lineage([
      { from: 'a', to: 'c', roles: ['filter'] },
      { from: 'a', to: 'b', roles: value },
      { from: 'b', to: 'c', roles: value },
    ]);
    expect(twoWays.origins('c').find(({ place }) => place === 'a')).toEqual({
      place: 'a',
      roles: ['value', 'filter'],
      steps: 1,
    });
  });
});

const ANOTHER_COLUMN = `  - name: RATE
    type: double
    personal: none
    description: { pt: Taxa de juros ao mês, en: Interest rate of a month }
  - name: NOTE`;

describe('the stored lineage', () => {
  const traced = (change: (files: Record<string, string>) => void = () => {}) => {
    const catalogue = compileCatalogue(loadCatalogue(smallCatalogue(change)));
    const sql = (name: string) => catalogue.refined[name]?.sql ?? '';
    return writeLineage(storeLineage(traceCatalogue(PYTHON, catalogue), sql, readableTables(catalogue)));
  };
  const compiledWith = (stored: string, change: (files: Record<string, string>) => void = () => {}) =>
    compileCatalogue(
      loadCatalogue(
        smallCatalogue((files) => {
          files['lineage/columns.json'] = stored;
          change(files);
        }),
      ),
    ).refined['total']?.lineage;

  test('comes with the compiled catalogue', () => {
    expect(compiledWith(traced())).toEqual({ valor_total: { 'trusted.loan.amount': ['value'] } });
  });

  test('is none, and not an old one, when the SQL or a table that it reads has changed since', () => {
    const stored = traced();
    expect(compiledWith(stored, replacing('refined/total.sql', 'sum(amount)', 'max(amount)'))).toBeNull();
    expect(compiledWith(stored, replacing('sources/loan.yaml', '  - name: NOTE', ANOTHER_COLUMN))).toBeNull();
    expect(
      compiledWith(stored, replacing('refined/total.yaml', 'Soma dos valores', 'A soma dos valores')),
    ).not.toBeNull();
  });

  test('an SQL that cannot be traced is named with what is wrong in it', () => {
    const catalogue = compileCatalogue(
      loadCatalogue(smallCatalogue(replacing('refined/total.sql', 'coalesce(valor, 0)', 'coalesce(valr, 0)'))),
    );
    expect(() => traceCatalogue(PYTHON, catalogue)).toThrow(
      'catalog/refined/total.sql:1: its lineage cannot be computed: no column valr in soma: did you mean valor?',
    );
  });
});

describe('the lineage of the indicators', () => {
  test('is known for all, and each column ends in the files or in the slots of earlier publications', () => {
    for (const { name, columns } of Object.values(real.refined)) {
      for (const column of columns) {
        const places = lineage.origins(`refined.${name}.${column.name}`).map(({ place }) => place);
        expect(
          places.some((place) => place.startsWith('source.') || place === 'slot'),
          `${name}.${column.name}`,
        ).toBe(true);
      }
    }
  });

  test('the default rate comes from TARGET, which is counted and filtered by, and from nothing else', () => {
    expect(sourcesOf('taxa_inadimplencia.taxa_inadimplencia')).toEqual({
      application_train: 'rows',
      'application_train.TARGET': 'value filter',
    });
  });

  test('a debt is the sum of one column; state and currency only choose the credits', () => {
    expect(sourcesOf('creditos_ativos_cliente.divida_ativa')).toMatchObject({
      'bureau.AMT_CREDIT_SUM_DEBT': 'value',
      'bureau.CREDIT_ACTIVE': 'filter',
      'bureau.CREDIT_CURRENCY': 'filter',
    });
  });

  test('days of delay come from the two days of an instalment; TARGET only says to which group it belongs', () => {
    expect(sourcesOf('tempo_medio_atraso.soma_dias_atraso')).toMatchObject({
      installments_payments: 'rows',
      'installments_payments.DAYS_ENTRY_PAYMENT': expect.stringMatching(/^value/),
      'installments_payments.DAYS_INSTALMENT': expect.stringMatching(/^value/),
      'application_train.TARGET': 'join group',
    });
  });

  test('the share of a type in its currency leaves out all of bureau but three columns', () => {
    expect(sourcesOf('tipos_credito_mercado.participacao_valor')).toEqual({
      'bureau.AMT_CREDIT_SUM': 'value',
      'bureau.CREDIT_CURRENCY': 'group',
      'bureau.CREDIT_TYPE': 'group',
    });
  });

  test('an age band is written in the SQL: birth days only decide who is in it', () => {
    expect(Object.values(sourcesOf('distribuicao_idade.faixa_etaria')).join(' ')).not.toMatch(/value|rows/);
  });

  test('what earlier slots published leads on to what that was made of', () => {
    expect(sourcesOf('variacao_taxa_inadimplencia.taxa_anterior')).toEqual({
      application_train: 'rows',
      'application_train.TARGET': 'value filter',
    });
  });

  test('forwards, TARGET reaches the five indicators of default and delay, and an amount paid reaches none', () => {
    const reached = (place: string) =>
      [...new Set(lineage.uses(place).map((use) => use.place.split('.')))]
        .filter(([layer]) => layer === 'refined')
        .map(([, table]) => table);
    expect([...new Set(reached('source.application_train.TARGET'))].sort()).toEqual([
      'distribuicao_idade',
      'performance_segmentos',
      'taxa_inadimplencia',
      'tempo_medio_atraso',
      'variacao_taxa_inadimplencia',
    ]);
    expect(reached('source.installments_payments.AMT_PAYMENT')).toEqual([]);
  });

  test('each trusted column comes from one column of the files', () => {
    for (const { name, source, columns } of Object.values(real.trusted)) {
      for (const column of columns) {
        expect(lineage.origins(`trusted.${name}.${column.name}`)).toEqual([
          { place: `source.${source}.${column.source}`, roles: ['value'], steps: 1 },
        ]);
      }
    }
  });
});

describe('lineage in Portuguese, for Glue and the documents', () => {
  const column = (table: string, name: string) => {
    const found = real.trusted[table]?.columns.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no column ${name}`);
    return transformation(found);
  };

  test('says what the trusted layer makes of a column', () => {
    expect(column('previous_application', 'days_first_drawing')).toBe(
      'lida como int (aceita `.0` no fim); vazio vira nulo; 365243 (sem valor) vira nulo',
    );
    expect(column('application_train', 'target')).toMatch(/outro valor além de 0, 1 leva a linha à quarentena$/);
    expect(column('bureau', 'sk_id_bureau')).toMatch(/sem valor, a linha vai à quarentena$/);
    expect(column('installments_payments', 'days_entry_payment')).not.toMatch(/quarentena/);
  });

  test('fits into a parameter of Glue', () => {
    for (const refined of Object.values(real.refined)) expect(refinedLineageText(refined).length).toBeLessThan(512_000);
    for (const trusted of Object.values(real.trusted)) expect(trustedLineageText(trusted).length).toBeLessThan(512_000);
  });

  test('names each origin with its roles, and says so when it is not known', () => {
    const rate = real.refined['taxa_inadimplencia'];
    if (rate === undefined) throw new Error('no rate');
    expect(JSON.parse(columnLineageText(rate, 'taxa_inadimplencia'))).toEqual({
      'trusted.application_train': ['linhas'],
      'trusted.application_train.target': ['valor', 'filtro'],
    });
    expect(JSON.parse(columnLineageText(rate, 'ts_referencia'))).toEqual({ slot: ['valor'] });
    expect(refinedLineageText({ ...rate, lineage: null })).toMatch(/^não calculada/);
  });
});

describe('finding a place by its name', () => {
  const found = (name: string, catalogue: CompiledCatalogue = real) => placeName(findPlace(catalogue, name));

  test('letter case tells the files from the trusted tables; a layer before the name settles it', () => {
    expect(found('application_train.TARGET')).toBe('source.application_train.TARGET');
    expect(found('application_train.target')).toBe('trusted.application_train.target');
    expect(found('source.application_train.target')).toBe('source.application_train.TARGET');
    expect(found('bureau')).toBe('trusted.bureau');
    expect(found('taxa_inadimplencia.Taxa_Inadimplencia')).toBe('refined.taxa_inadimplencia.taxa_inadimplencia');
    expect(found('taxa_inadimplencia.ts_referencia')).toBe('refined.taxa_inadimplencia.ts_referencia');
  });

  test('an unknown table or column is told with near names', () => {
    expect(() => found('aplication_train.TARGET')).toThrow(
      'There is no table aplication_train. Did you mean application_train',
    );
    expect(() => found('application_train.TARGT')).toThrow(
      'application_train has no column TARGT. Did you mean TARGET?',
    );
    expect(() => found('taxa_inadimplencia.taxa')).toThrow('Did you mean taxa_inadimplencia?');
  });

  test('a name near to none is told with what there is', () => {
    expect(() => found('bureau_balance.zzz')).toThrow(
      'bureau_balance has no column zzz. There are sk_id_bureau, months_balance, status.',
    );
  });

  test('a bare column is told with the tables that have it', () => {
    expect(() => found('TARGET')).toThrow(
      'There is no table TARGET, but a column of that name: trusted.application_train.target, source.application_train.TARGET.',
    );
  });

  test('near is a slip of the hand, or a part of the name', () => {
    expect(near('amout', ['amount', 'note', 'id'])).toEqual(['amount']);
    expect(near('credit_amount', ['amount', 'note'])).toEqual(['amount']);
    expect(near('xyz', ['amount', 'note', 'id'])).toEqual([]);
  });
});
