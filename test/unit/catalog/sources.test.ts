// The facts about the bank's files, written down here by hand from their description and not from the catalogue.
import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { loadCatalogue } from '../../../catalog/load.ts';

const { sources, trusted, refined } = compileCatalogue(loadCatalogue());

function column(table: string, name: string) {
  const found = sources[table]?.columns.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${table} has no ${name}`);
  return found;
}

function columnsWhere(table: string, holds: (each: ReturnType<typeof column>) => boolean): string[] {
  return (sources[table]?.columns ?? []).filter(holds).map(({ name }) => name);
}

const TABLES: [table: string, columns: number, key: string[], parents: string[]][] = [
  ['application_train', 122, ['SK_ID_CURR'], []],
  ['application_test', 121, ['SK_ID_CURR'], []],
  ['bureau', 17, ['SK_ID_BUREAU'], ['application_train', 'application_test']],
  ['bureau_balance', 3, ['SK_ID_BUREAU', 'MONTHS_BALANCE'], ['bureau']],
  ['previous_application', 37, ['SK_ID_PREV'], ['application_train', 'application_test']],
  ['POS_CASH_balance', 8, ['SK_ID_PREV', 'MONTHS_BALANCE'], ['previous_application']],
  ['credit_card_balance', 23, ['SK_ID_PREV', 'MONTHS_BALANCE'], ['previous_application']],
  [
    'installments_payments',
    8,
    ['SK_ID_PREV', 'NUM_INSTALMENT_VERSION', 'NUM_INSTALMENT_NUMBER', 'DAYS_ENTRY_PAYMENT'],
    ['previous_application'],
  ],
];

const REQUIRED: [table: string, columns: string[]][] = [
  [
    'application_train',
    [
      'SK_ID_CURR',
      'TARGET',
      'NAME_CONTRACT_TYPE',
      'AMT_INCOME_TOTAL',
      'AMT_CREDIT',
      'NAME_EDUCATION_TYPE',
      'DAYS_BIRTH',
      'OCCUPATION_TYPE',
      'REGION_RATING_CLIENT',
    ],
  ],
  ['application_test', ['SK_ID_CURR', 'DAYS_BIRTH']],
  [
    'bureau',
    [
      'SK_ID_CURR',
      'SK_ID_BUREAU',
      'CREDIT_ACTIVE',
      'CREDIT_CURRENCY',
      'CNT_CREDIT_PROLONG',
      'AMT_CREDIT_SUM',
      'AMT_CREDIT_SUM_DEBT',
      'AMT_CREDIT_SUM_LIMIT',
      'CREDIT_TYPE',
    ],
  ],
  ['bureau_balance', ['SK_ID_BUREAU', 'MONTHS_BALANCE', 'STATUS']],
  [
    'previous_application',
    ['SK_ID_PREV', 'SK_ID_CURR', 'NAME_CONTRACT_TYPE', 'NAME_CASH_LOAN_PURPOSE', 'NAME_CONTRACT_STATUS'],
  ],
  ['POS_CASH_balance', ['SK_ID_PREV', 'MONTHS_BALANCE']],
  ['credit_card_balance', ['SK_ID_PREV', 'MONTHS_BALANCE']],
  [
    'installments_payments',
    [
      'SK_ID_PREV',
      'SK_ID_CURR',
      'NUM_INSTALMENT_VERSION',
      'NUM_INSTALMENT_NUMBER',
      'DAYS_INSTALMENT',
      'DAYS_ENTRY_PAYMENT',
    ],
  ],
];

describe('the catalogue of the eight sources', () => {
  test('has these tables and no other', () => {
    expect(Object.keys(sources).sort()).toEqual(TABLES.map(([table]) => table).sort());
  });

  test.each(TABLES)('%s has %i columns, its key and its parents', (table, count, key, parents) => {
    expect(sources[table]?.columns).toHaveLength(count);
    expect(sources[table]?.key).toEqual(key);
    expect(sources[table]?.parent?.sources ?? []).toEqual(parents);
  });

  test.each(REQUIRED)('a file of %s is refused without its key or what an indicator reads', (table, required) => {
    expect(columnsWhere(table, (each) => each.required)).toEqual(required);
  });

  test('only key columns may not be empty, and of them the day of payment may', () => {
    for (const [table, , key] of TABLES) {
      const neverEmpty = key.filter((name) => name !== 'DAYS_ENTRY_PAYMENT');
      expect(columnsWhere(table, (each) => !each.nullable)).toEqual(neverEmpty);
    }
    expect(column('installments_payments', 'DAYS_ENTRY_PAYMENT')).toMatchObject({ key: true, keyMayBeEmpty: true });
  });

  test.each([
    ['application_train', 'SK_ID_CURR', 'bigint'],
    ['application_train', 'TARGET', 'int'],
    ['application_train', 'AMT_CREDIT', 'decimal(18,3)'],
    ['application_train', 'EXT_SOURCE_2', 'double'],
    ['application_train', 'REGION_POPULATION_RELATIVE', 'double'],
    ['application_train', 'FONDKAPREMONT_MODE', 'string'],
    ['application_train', 'AMT_REQ_CREDIT_BUREAU_HOUR', 'int'],
    ['application_train', 'OWN_CAR_AGE', 'int'],
    ['bureau', 'AMT_CREDIT_SUM_LIMIT', 'decimal(18,3)'],
    ['bureau_balance', 'STATUS', 'string'],
    ['previous_application', 'RATE_DOWN_PAYMENT', 'double'],
    ['previous_application', 'FLAG_LAST_APPL_PER_CONTRACT', 'string'],
    ['previous_application', 'NFLAG_LAST_APPL_IN_DAY', 'int'],
    ['POS_CASH_balance', 'CNT_INSTALMENT_FUTURE', 'int'],
    ['credit_card_balance', 'AMT_CREDIT_LIMIT_ACTUAL', 'decimal(18,3)'],
    ['installments_payments', 'NUM_INSTALMENT_VERSION', 'int'],
  ])('%s.%s is %s', (table, name, type) => {
    expect(column(table, name).type).toBe(type);
  });

  test('365243 stands for no date in DAYS_EMPLOYED and in five columns of previous_application, and nowhere else', () => {
    const found = TABLES.flatMap(([table]) =>
      columnsWhere(table, (each) => each.sentinel === 365243).map((name) => `${table}.${name}`),
    );
    expect(found.sort()).toEqual([
      'application_test.DAYS_EMPLOYED',
      'application_train.DAYS_EMPLOYED',
      'previous_application.DAYS_FIRST_DRAWING',
      'previous_application.DAYS_FIRST_DUE',
      'previous_application.DAYS_LAST_DUE',
      'previous_application.DAYS_LAST_DUE_1ST_VERSION',
      'previous_application.DAYS_TERMINATION',
    ]);
  });

  test('TARGET is 0 or 1, and no other column has a list of accepted values', () => {
    expect(column('application_train', 'TARGET').accepted).toEqual([0, 1]);
    for (const [table] of TABLES) {
      expect(columnsWhere(table, (each) => each.accepted !== null && each.name !== 'TARGET')).toEqual([]);
    }
  });

  test('application_test is application_train without TARGET, column for column', () => {
    const names = (table: string) => sources[table]?.columns.map(({ name, type }) => `${name} ${type}`);
    expect(names('application_test')).toEqual(names('application_train')?.filter((each) => each !== 'TARGET int'));
  });

  test('every SK_ID column is an identifier, and sex, birth and income are sensitive', () => {
    for (const [table] of TABLES) {
      const identifiers = columnsWhere(table, (each) => each.personal === 'identifier');
      expect(identifiers).toEqual(columnsWhere(table, ({ name }) => name.startsWith('SK_ID_')));
    }
    for (const name of ['CODE_GENDER', 'DAYS_BIRTH', 'AMT_INCOME_TOTAL']) {
      expect(column('application_train', name).personal).toBe('sensitive');
    }
  });

  test('no two columns of a table share a description, in either language', () => {
    for (const [table, count] of TABLES) {
      const texts = (language: 'pt' | 'en') =>
        new Set(sources[table]?.columns.map((each) => each.description[language]));
      expect(texts('pt').size).toBe(count);
      expect(texts('en').size).toBe(count);
    }
  });
});

describe('the trusted tables', () => {
  test('are the sources in lower case, columns and key too', () => {
    expect(Object.keys(trusted).sort()).toEqual(TABLES.map(([table]) => table.toLowerCase()).sort());
    expect(trusted['pos_cash_balance']).toMatchObject({
      source: 'POS_CASH_balance',
      key: ['sk_id_prev', 'months_balance'],
      badRowThreshold: 0.01,
    });
    expect(trusted['pos_cash_balance']?.columns[3]).toMatchObject({ name: 'cnt_instalment', source: 'CNT_INSTALMENT' });
  });

  test('the four big ones are cut into eight buckets, the others into none', () => {
    const buckets = Object.values(trusted).filter((table) => table.buckets !== null);
    expect(buckets.map(({ name, buckets: count }) => [name, count])).toEqual([
      ['bureau_balance', 8],
      ['credit_card_balance', 8],
      ['installments_payments', 8],
      ['pos_cash_balance', 8],
    ]);
  });
});

describe('the refined tables', () => {
  test.each([
    ['taxa_inadimplencia', ['application_train'], []],
    ['valor_medio_emprestimo', ['application_train'], ['tipo_contrato']],
    ['taxa_aprovacao_credito', ['previous_application'], ['tipo_contrato']],
    ['distribuicao_idade', ['application_test', 'application_train'], ['faixa_etaria']],
    ['taxa_refinanciamento', ['bureau', 'previous_application'], []],
    ['tempo_medio_atraso', ['application_train', 'installments_payments'], ['grupo']],
    ['taxa_recuperacao', ['bureau_balance'], []],
    ['variacao_taxa_inadimplencia', ['application_train'], []],
    ['inadimplencia_mensal_bureau', ['bureau_balance'], ['mes_relativo']],
    ['performance_segmentos', ['application_train'], ['dimensao', 'segmento']],
    ['creditos_ativos_cliente', ['application_test', 'application_train', 'bureau'], ['id_cliente']],
    ['distribuicao_creditos_ativos', ['application_test', 'application_train', 'bureau'], ['creditos_ativos']],
    ['tipos_credito_mercado', ['bureau'], ['tipo_credito', 'moeda']],
  ])('%s reads %j and has the key %j', (name, inputs, key) => {
    expect(refined[name]?.inputs).toEqual(inputs);
    expect(refined[name]?.key).toEqual(key);
  });

  test.each([
    ['taxa_inadimplencia', 'inadimplentes bigint, clientes_com_desfecho bigint, taxa_inadimplencia decimal(9,6)'],
    [
      'valor_medio_emprestimo',
      'tipo_contrato string, emprestimos bigint, emprestimos_com_valor bigint, valor_total decimal(38,3), ' +
        'valor_medio decimal(18,2), valor_mediano decimal(18,2)',
    ],
    [
      'taxa_aprovacao_credito',
      'tipo_contrato string, recebidas bigint, aprovadas bigint, recusadas bigint, canceladas bigint, ' +
        'nao_utilizadas bigint, taxa_aprovacao decimal(9,6)',
    ],
    [
      'distribuicao_idade',
      'faixa_etaria string, ordem int, clientes bigint, total_clientes bigint, participacao decimal(9,6), ' +
        'clientes_com_desfecho bigint, inadimplentes bigint, taxa_inadimplencia decimal(9,6)',
    ],
    [
      'taxa_refinanciamento',
      'clientes_com_credito bigint, clientes_com_prorrogacao bigint, clientes_com_quitacao_outros bigint, ' +
        'clientes_refinanciados bigint, taxa_sobre_clientes decimal(9,6), emprestimos_concedidos bigint, ' +
        'taxa_refinanciamento decimal(9,6), emprestimos_refinanciamento bigint, taxa_sobre_emprestimos decimal(9,6)',
    ],
    [
      'tempo_medio_atraso',
      'grupo string, ordem int, parcelas bigint, parcelas_pagas bigint, parcelas_nao_pagas bigint, ' +
        'parcelas_atrasadas bigint, soma_dias_atraso bigint, atraso_medio_dias decimal(9,2), ' +
        'atraso_mediano_dias decimal(9,2)',
    ],
    ['taxa_recuperacao', 'creditos_inadimplentes bigint, creditos_recuperados bigint, taxa_recuperacao decimal(9,6)'],
    [
      'variacao_taxa_inadimplencia',
      'taxa_inadimplencia decimal(9,6), inadimplentes bigint, clientes_com_desfecho bigint, ' +
        'ts_anterior timestamp_ntz, taxa_anterior decimal(9,6), variacao_anterior_pp decimal(9,4), ' +
        'ts_30_dias timestamp_ntz, taxa_30_dias decimal(9,6), variacao_30_dias_pp decimal(9,4)',
    ],
    [
      'inadimplencia_mensal_bureau',
      'mes_relativo int, creditos_com_situacao bigint, creditos_acima_90_dias bigint, taxa_acima_90_dias decimal(9,6)',
    ],
    [
      'performance_segmentos',
      'dimensao string, segmento string, ordem int, clientes bigint, clientes_com_desfecho bigint, ' +
        'inadimplentes bigint, taxa_inadimplencia decimal(9,6), valor_medio_emprestimo decimal(18,2)',
    ],
    [
      'creditos_ativos_cliente',
      'id_cliente bigint, creditos_ativos bigint, creditos_total bigint, divida_ativa decimal(38,3), ' +
        'limite_ativo decimal(38,3), renda decimal(38,3), divida_sobre_renda decimal(18,6)',
    ],
    [
      'distribuicao_creditos_ativos',
      'creditos_ativos bigint, clientes bigint, total_clientes bigint, participacao decimal(9,6)',
    ],
    [
      'tipos_credito_mercado',
      'tipo_credito string, moeda string, creditos bigint, participacao_creditos decimal(9,6), ' +
        'valor_total decimal(38,3), participacao_valor decimal(9,6)',
    ],
  ])('%s has its columns in order and in the types of the rules', (name, columns) => {
    expect(refined[name]?.columns.map((each) => `${each.name} ${each.type}`).join(', ')).toBe(columns);
  });

  test('are thirteen, and one of them looks back on what earlier slots published', () => {
    expect(Object.keys(refined)).toHaveLength(13);
    const lookingBack = Object.values(refined).filter(({ lookback }) => lookback.length > 0);
    expect(lookingBack.map(({ name, lookback }) => [name, lookback])).toEqual([
      ['variacao_taxa_inadimplencia', ['taxa_inadimplencia']],
    ]);
  });

  test('ask of every share that it lies between 0 and 1, but not of the rate that mixes units', () => {
    const asked = Object.values(refined).flatMap(({ name, checks }) =>
      checks.flatMap((each) =>
        each.check === 'range' && each.min === 0 && each.max === 1
          ? each.columns.map((column) => `${name}.${column}`)
          : [],
      ),
    );
    const shares = Object.values(refined).flatMap(({ name, columns }) =>
      columns.filter(({ unit }) => unit === 'fração de 0 a 1').map((each) => `${name}.${each.name}`),
    );
    expect(asked.sort()).toEqual(shares.sort());
    expect(shares).not.toContain('taxa_refinanciamento.taxa_refinanciamento');
  });

  test('ask parts to add up to their whole where they do, and not of the groups of delays', () => {
    const adding = Object.values(refined).filter(({ checks }) => checks.some(({ check }) => check === 'parts_add_up'));
    expect(adding.map(({ name }) => name).sort()).toEqual([
      'distribuicao_creditos_ativos',
      'distribuicao_idade',
      'taxa_aprovacao_credito',
      'valor_medio_emprestimo',
    ]);
  });
});
