import type { Lineage } from '../lineage/graph.ts';
import type { CompiledCatalogue, CompiledRefined } from '../types.ts';
import { originsOf } from './lineage-words.ts';
import { code, facts, link, page, plain, section, steps, table } from './markdown.ts';
import { checks, format, GENERATED, listed, sentences, yes } from './words.ts';

/** The two columns that the job adds to what the SQL gives. */
const SLOT_COLUMNS = [
  ['ts_referencia', 'timestamp_ntz', 'Instante da execução que a linha descreve; a tabela é particionada por ele.'],
  ['data_referencia', 'date', 'Data desse instante em São Paulo.'],
] as const;

export function refinedPage(catalogue: CompiledCatalogue, lineage: Lineage, indicator: CompiledRefined): string {
  const { name, title, description, purpose, grain, owner, construction, assumptions, sql } = indicator;
  return page(
    GENERATED,
    `# ${title}`,
    plain(description),
    facts([
      ['Tabela', `${code(`refined.${name}`)} (os dados em ${code(`refined.${name}_dados`)})`],
      ['Para que serve', plain(purpose)],
      ['Granularidade', plain(grain)],
      ['Chave', keyText(indicator)],
      ['Responsável', owner],
      ['Lê', reads(indicator)],
      ['É lida por', readBy(catalogue, name)],
      [
        'Definição',
        `${link(`${name}.yaml`, `../../../catalog/refined/${name}.yaml`)}, ${link(`${name}.sql`, `../../../catalog/refined/${name}.sql`)}`,
      ],
    ]),
    section('Como se calcula', steps(construction.map(plain))),
    section('Colunas', columnTable(indicator)),
    section('De onde vem cada coluna', LINEAGE_NOTE, lineageTable(indicator, lineage)),
    section('Rótulos', labelTable(indicator)),
    section('Premissas', sentences(assumptions)),
    section('Verificações', checks(indicator.checks)),
    section('SQL', `<details><summary>${name}.sql</summary>\n\n\`\`\`sql\n${sql.trim()}\n\`\`\`\n\n</details>`),
  );
}

const LINEAGE_NOTE =
  'Calculado do SQL. À esquerda, as colunas dos arquivos que entram no valor (*linhas* quando ele conta linhas); à ' +
  'direita, as que só decidem quais linhas entram, e como: filtro, junção, grupo ou ordem.';

function keyText({ key }: CompiledRefined): string {
  return listed([...key, 'ts_referencia'].map(code));
}

function reads({ inputs, lookback }: CompiledRefined): string {
  const earlier = lookback.map((name) => `publicações anteriores de ${link(name, `${name}.md`)}`);
  return listed([...inputs.map((name) => link(`trusted.${name}`, `../trusted/${name}.md`)), ...earlier]);
}

function readBy({ refined }: CompiledCatalogue, name: string): string {
  const readers = Object.values(refined).filter(({ lookback }) => lookback.includes(name));
  return readers.length === 0 ? 'nenhum outro indicador' : listed(readers.map((r) => link(r.name, `${r.name}.md`)));
}

function columnTable({ key, columns }: CompiledRefined): string {
  const slot = SLOT_COLUMNS.map(([name, type, description]) => [
    `${code(name)}${name === 'ts_referencia' ? ' (chave)' : ''}`,
    code(type),
    format(type),
    type === 'date' ? 'dia' : 'instante em UTC',
    'não',
    description,
  ]);
  const own = columns.map(({ name, type, unit, nullable, description }) => [
    `${code(name)}${key.includes(name) ? ' (chave)' : ''}`,
    code(type),
    format(type),
    unit,
    yes(nullable),
    plain(description),
  ]);
  return table(['Coluna', 'Tipo', 'Formato', 'Unidade', 'Pode ser nula', 'Definição'], [...own, ...slot]);
}

function lineageTable({ name, columns, lineage: computed }: CompiledRefined, lineage: Lineage): string {
  if (computed === null) return 'Não calculado: rode `npx podlake docs`.';
  const own = originsOf(
    lineage,
    name,
    columns.map((column) => column.name),
    '../',
  );
  const rows = own.columns.map(({ name, value, influence }) => [
    code(name),
    value || 'constante ou posição, escrita no SQL',
    influence || '–',
  ]);
  const slot = SLOT_COLUMNS.map(([column]) => [code(column), 'o instante da própria execução', '–']);
  const common = own.common === '' ? [] : [`Todas as colunas do SQL dependem também de:<br>${own.common}`];
  return [...common, table(['Coluna', 'O valor vem de', 'Depende também de'], [...rows, ...slot])].join('\n\n');
}

function labelTable({ columns }: CompiledRefined): string | null {
  const rows = columns.flatMap(({ name, labels }) =>
    Object.entries(labels ?? {}).map(([value, label]) => [code(name), code(value), plain(label)]),
  );
  if (rows.length === 0) return null;
  return [
    'O valor fica na tabela como a origem o escreve; o rótulo é o que os painéis mostram.',
    table(['Coluna', 'Valor', 'Rótulo'], rows),
  ].join('\n\n');
}
