import type { Lineage } from '../lineage/graph.ts';
import { transformation } from '../lineage/words.ts';
import type { CompiledCatalogue, CompiledTrusted } from '../types.ts';
import { indicatorsOf } from './lineage-words.ts';
import { code, facts, link, page, plain, section, table } from './markdown.ts';
import { parentsOf } from './relations.ts';
import { checks, format, GENERATED, listed, PERSONAL, percent } from './words.ts';

export function trustedPage(catalogue: CompiledCatalogue, lineage: Lineage, trusted: CompiledTrusted): string {
  const { name, source, description, key, buckets, badRowThreshold, onHeldDelivery } = trusted;
  const grain = catalogue.sources[source]?.grain.pt ?? '';
  return page(
    GENERATED,
    `# trusted.${name}`,
    plain(description),
    facts([
      ['Tabela', code(`trusted.${name}`)],
      ['Granularidade', plain(grain)],
      ['Chave', listed(key.map(code))],
      ['Vem de', link(source, `../fontes/${source}.md`)],
      ['Pertence a', parentText(catalogue, trusted)],
      ['Linhas ruins', `acima de ${percent(badRowThreshold)} dos registros, a entrega fica retida`],
      [
        'Com entrega retida',
        onHeldDelivery === 'wait' ? 'as execuções seguintes esperam' : 'as execuções seguintes vão em frente',
      ],
      ...(buckets === null ? [] : [['Divisão', `${buckets} partes pela chave`]]),
      ['Definição', link(`${name}.yaml`, `../../../catalog/trusted/${name}.yaml`)],
    ]),
    'Cada entrega é juntada à tabela pela chave: linha nova entra, linha mudada substitui a anterior, linha igual não muda nada.',
    section('Colunas', columnTable(trusted)),
    section('De onde vem cada coluna', originTable(trusted)),
    section('Para onde vai cada coluna', usesTable(trusted, lineage)),
    section('Verificações', checks(trusted.checks)),
  );
}

function parentText(catalogue: CompiledCatalogue, { source }: CompiledTrusted): string {
  const parents = parentsOf(catalogue).filter(({ child }) => child.source === source);
  if (parents.length === 0) return 'nenhuma outra tabela';
  const names = parents.map(({ parent }) => link(`trusted.${parent.name}`, `${parent.name}.md`));
  const by = listed((parents[0]?.columns ?? []).map(code));
  return `${names.join(' ou ')}, por ${by}; linhas sem a correspondente são comuns e ficam`;
}

function columnTable({ columns }: CompiledTrusted): string {
  return table(
    ['Coluna', 'Tipo e formato', 'Dado pessoal', 'Definição'],
    columns.map(({ name, key, type, personal, description }) => [
      `${code(name)}${key ? ' (chave)' : ''}`,
      `${code(type)}<br>${format(type)}`,
      PERSONAL[personal],
      plain(description),
    ]),
  );
}

function originTable({ source, columns }: CompiledTrusted): string {
  return table(
    ['Coluna', `Coluna de ${source}`, 'Transformação'],
    columns.map((column) => [code(column.name), code(column.source), transformation(column)]),
  );
}

function usesTable({ name, columns }: CompiledTrusted, lineage: Lineage): string {
  const indicators = (by: Map<string, { gives: string[]; decides: string[] }>, role: 'gives' | 'decides') =>
    [...by]
      .filter(([, used]) => used[role].length > 0)
      .map(([table, used]) => `${link(table, `../refined/${table}.md`)}: ${used[role].map(code).join(', ')}`)
      .join('<br>') || '–';
  const rows = columns.flatMap((column) => {
    const used = indicatorsOf(lineage, [`trusted.${name}.${column.name}`]);
    return used.size === 0 ? [] : [[code(column.name), indicators(used, 'gives'), indicators(used, 'decides')]];
  });
  const unused = columns.length - rows.length;
  const rest =
    unused === 0
      ? null
      : `${unused === 1 ? 'A outra coluna não entra' : `As outras ${unused} colunas não entram`} em nenhum indicador.`;
  if (rows.length === 0) return 'Nenhuma coluna entra em um indicador.';
  const head = ['Coluna', 'Entra no valor de', 'Só decide as linhas de'];
  return [table(head, rows), rest].filter((part) => part !== null).join('\n\n');
}
