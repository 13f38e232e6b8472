import type { CompiledCatalogue } from '../types.ts';
import { code, link, list, page, plain, section, table } from './markdown.ts';
import { GENERATED } from './words.ts';

export function indexPage({ sources, trusted, refined }: CompiledCatalogue): string {
  return page(
    GENERATED,
    '# Dicionário de dados do Pod Bank',
    'Tudo o que o lago de dados guarda, tabela por tabela: o que cada coluna quer dizer, de que tipo é, como se faz, de onde ' +
      'vem e para onde vai. As páginas são geradas do [catálogo](../../catalog/README.md), do qual saem também as tabelas, as ' +
      'verificações e o Glue: o que está aqui é o que roda.',
    list([
      `${link('Mapa de dados', 'mapa-de-dados.md')}: que indicador precisa de que fonte, e que dados de fora valeria a pena ter`,
      `${link('Como as tabelas se ligam', 'relacionamentos.md')}: chaves e ligações, em um diagrama`,
      `${link('O registro do próprio processo', 'controle.md')}: execuções, arquivos, verificações, publicações, custo e quarentena`,
    ]),
    section(
      'Indicadores',
      `O que os analistas leem, no banco ${code('refined')}. Cada execução publica as suas linhas, com ${code('ts_referencia')}.`,
      table(
        ['Tabela', 'O que é', 'Responsável'],
        Object.values(refined).map(({ name, title, description, owner }) => [
          link(name, `refined/${name}.md`),
          `**${title}.** ${plain(description)}`,
          owner,
        ]),
      ),
    ),
    section(
      'Tabelas tipadas',
      `Os dados das fontes com tipo e chave, no banco ${code('trusted')}: uma linha por chave, na última versão recebida.`,
      table(
        ['Tabela', 'O que é', 'Colunas'],
        Object.values(trusted).map(({ name, description, columns }) => [
          link(name, `trusted/${name}.md`),
          plain(description),
          String(columns.length),
        ]),
      ),
    ),
    section(
      'Fontes',
      'Os arquivos CSV que os sistemas do banco entregam, duas vezes por dia útil.',
      table(
        ['Fonte', 'O que é', 'Granularidade'],
        Object.values(sources).map(({ name, description, grain }) => [
          link(name, `fontes/${name}.md`),
          plain(description.pt),
          plain(grain.pt),
        ]),
      ),
    ),
    section('Como ler', HOW_TO_READ),
  );
}

const HOW_TO_READ = list([
  '**Taxas e participações** são frações (0,25 é 25 %) com seis casas, arredondadas uma só vez; numerador e denominador estão ao lado.',
  '**Dias e meses** contam a partir do pedido atual do cliente: negativos são de antes dele. Não há datas de calendário nas fontes.',
  '**Dado pessoal**: *identificador* aponta uma pessoa ou um contrato; *pessoal* fala de alguém; *sensível* pode prejudicar ou discriminar (renda, idade, sexo, família, desfecho).',
  '**Nos arquivos**, as colunas se separam por vírgula e as casas decimais por ponto; vazio quer dizer sem valor.',
  '**Linhagem** na linha de comando: `npx podlake lineage application_train.TARGET` mostra os dois sentidos.',
]);
