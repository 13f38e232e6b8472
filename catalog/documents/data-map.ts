import type { ExternalData } from '../external-data.ts';
import type { Lineage } from '../lineage/graph.ts';
import type { CompiledCatalogue } from '../types.ts';
import { needsOf } from './lineage-words.ts';
import { code, link, list, page, plain, section, table } from './markdown.ts';
import { GENERATED, listed } from './words.ts';

/** Which indicator needs which source, and what from outside would make them better. */
export function dataMapPage(catalogue: CompiledCatalogue, lineage: Lineage, external: ExternalData): string {
  const indicators = Object.values(catalogue.refined).map((indicator) => ({
    ...indicator,
    needs: needsOf(catalogue, lineage, indicator.name),
  }));
  const isNeeded = (source: string) => indicators.some(({ needs }) => needs.has(source));
  const sources = Object.keys(catalogue.sources).filter(isNeeded);
  const idle = Object.keys(catalogue.sources).filter((source) => !isNeeded(source));
  const page_ = (name: string) => link(name, `refined/${name}.md`);
  return page(
    GENERATED,
    '# Mapa de dados',
    'Que indicador precisa de que fonte, calculado do SQL; e que dados de fora valeria a pena ter.',
    `\`\`\`mermaid\n${flow(indicators)}\n\`\`\``,
    section(
      'Indicadores e fontes',
      `● a fonte dá valores ao indicador; ○ só decide quais linhas entram.${idleText(idle)}`,
      table(
        ['Indicador', ...sources.map((name) => link(name.replaceAll('_', '_<br>'), `fontes/${name}.md`))],
        indicators.map(({ name, needs }) => [
          page_(name),
          ...sources.map((source) => (needs.has(source) ? (needs.get(source)?.gives ? '●' : '○') : '')),
        ]),
      ),
    ),
    section(
      'Colunas de que cada indicador precisa',
      table(
        ['Indicador', 'Colunas, por fonte'],
        indicators.map(({ name, needs }) => [
          page_(name),
          [...needs]
            .map(
              ([source, { columns }]) =>
                `${link(source, `fontes/${source}.md`)}: ${columns.map(code).join(', ') || 'linhas'}`,
            )
            .join('<br>'),
        ]),
      ),
    ),
    section(
      'O que as fontes têm e nenhum indicador usa',
      unused(
        catalogue,
        indicators.map(({ needs }) => needs),
      ),
    ),
    section('Dados de fora que valeria a pena ter', plain(external.introduction)),
    ...external.datasets.map((dataset, i) => datasetText(dataset, i + 1)),
    section('O que não vale a pena', list(external.left_out.map(({ title, why }) => `**${title}**: ${plain(why)}`))),
  );
}

/** So that arrows meet the boxes from the left, instead of crossing others on their way. */
const FAR_APART = '%%{init: {"flowchart": {"rankSpacing": 260, "nodeSpacing": 14}}}%%';

function idleText(sources: string[]): string {
  if (sources.length === 0) return '';
  const names = listed(sources.map((name) => link(name, `fontes/${name}.md`)));
  return ` Nenhum indicador precisa de ${names}: ficam em trusted para consultas e modelos.`;
}

function flow(indicators: { name: string; lookback: string[]; needs: Map<string, { gives: boolean }> }[]): string {
  const arrows = indicators.flatMap(({ name, needs, lookback }) => [
    ...[...needs].map(([source, { gives }]) => `  f_${source}[(${source})] ${gives ? '-->' : '-.->'} ${name}[${name}]`),
    ...lookback.map((earlier) => `  ${earlier}[${earlier}] -. publicações anteriores .-> ${name}`),
  ]);
  return [FAR_APART, 'flowchart LR', ...arrows].join('\n');
}

function unused({ sources }: CompiledCatalogue, needs: Map<string, { columns: string[] }>[]): string {
  return table(
    ['Fonte', 'Colunas', 'Usadas', 'Sem uso'],
    Object.values(sources).map(({ name, columns }) => {
      const used = new Set(needs.flatMap((need) => need.get(name)?.columns ?? []));
      return [
        link(name, `fontes/${name}.md`),
        String(columns.length),
        String(used.size),
        String(columns.length - used.size),
      ];
    }),
  );
}

function datasetText(
  { title, access, brings, gap, indicators, link: joined, cautions }: ExternalData['datasets'][number],
  place: number,
): string {
  return [
    `### ${place}. ${title}`,
    list([
      `**Acesso:** ${access}`,
      `**O que traz:** ${plain(brings)}`,
      `**O que falta hoje:** ${plain(gap)}`,
      `**Como se liga:** ${plain(joined)}`,
      `**Cuidados:** ${plain(cautions)}`,
    ]),
    table(
      ['Indicador', 'O que ganha'],
      indicators.map(({ table: name, gain }) => [link(name, `refined/${name}.md`), plain(gain)]),
    ),
  ].join('\n\n');
}
