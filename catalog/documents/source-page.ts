import type { Lineage } from '../lineage/graph.ts';
import type { CompiledCatalogue, CompiledSource, CompiledSourceColumn } from '../types.ts';
import { indicatorsOf } from './lineage-words.ts';
import { code, facts, link, list, page, plain, section, table } from './markdown.ts';
import { format, GENERATED, listed, PERSONAL, yes } from './words.ts';

export function sourcePage(catalogue: CompiledCatalogue, lineage: Lineage, source: CompiledSource): string {
  const { name, description, grain, parent, key, columns } = source;
  const trusted = Object.values(catalogue.trusted).find((table) => table.source === name);
  return page(
    GENERATED,
    `# Fonte ${name}`,
    plain(description.pt),
    facts([
      ['Fonte', code(name)],
      ['Arquivos', `CSV ou CSV comprimido (${code('.csv.gz')}), cujo nome ou cuja pasta começa por ${code(name)}`],
      ['Granularidade', plain(grain.pt)],
      ['Chave', listed(key.map(code))],
      [
        'Pertence a',
        parent === null
          ? 'nenhuma outra fonte'
          : `${parent.sources.map((s) => link(s, `${s}.md`)).join(' ou ')}, por ${listed(parent.columns.map(code))}`,
      ],
      ['Colunas', String(columns.length)],
      ['Vai para', trusted ? link(`trusted.${trusted.name}`, `../trusted/${trusted.name}.md`) : '–'],
      ['Definição', link(`${name}.yaml`, `../../../catalog/sources/${name}.yaml`)],
    ]),
    section('Colunas', 'Na ordem do arquivo. Um arquivo sem uma coluna obrigatória é recusado.', columnTable(columns)),
    section('Indicadores que a usam', uses(source, lineage)),
  );
}

function columnTable(columns: CompiledSourceColumn[]): string {
  return table(
    ['Coluna', 'Tipo', 'Obrigatória', 'Pode vir vazia', 'Dado pessoal', 'Definição'],
    columns.map((column) => [
      `${code(column.name)}${column.key ? ' (chave)' : ''}`,
      `${code(column.type)}<br>${format(column.type)}`,
      yes(column.required),
      yes(column.nullable),
      PERSONAL[column.personal],
      [plain(column.description.pt), ...remarks(column)].join('<br>'),
    ]),
  );
}

/** How the values are written, where that is not as one would expect. */
function remarks({ sentinel, accepted, notes }: CompiledSourceColumn): string[] {
  return [
    ...(sentinel === null ? [] : [`${sentinel} quer dizer sem valor.`]),
    ...(accepted === null ? [] : [`Só se aceita ${accepted.join(', ')} ou vazio.`]),
    ...(notes === null ? [] : [plain(notes)]),
  ];
}

function uses({ name, columns }: CompiledSource, lineage: Lineage): string {
  const places = [`source.${name}`, ...columns.map((column) => `source.${name}.${column.name}`)];
  const used = [...indicatorsOf(lineage, places)];
  if (used.length === 0) return 'Nenhum indicador a usa ainda; fica em trusted para consultas e modelos.';
  return list(
    used
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([table, { gives }]) =>
          `${link(table, `../refined/${table}.md`)}${gives.length === 0 ? ' (só decide as linhas)' : ''}`,
      ),
  );
}
