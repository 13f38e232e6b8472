import { CONTROL_PARTITION, CONTROL_TABLES, CONTROL_VIEW, type ControlColumn } from '../control-tables.ts';
import { code, list, page, plain, section, table } from './markdown.ts';
import { GENERATED } from './words.ts';

/** What the lake writes down about itself, for those who watch it with Athena or in a dashboard. */
export function controlPage(): string {
  return page(
    GENERATED,
    '# controle: o registro do próprio processo',
    `O que o lago fez, execução por execução. Ao fim de cada uma, seja qual for o resultado, as tabelas abaixo são gravadas no banco ${code('controle')} ` +
      'do Glue: um arquivo por tabela e slot. O que muda depois, como uma anotação ou o custo de um cluster, aparece ao fim da execução seguinte.',
    list([
      `Todas têm ${code(CONTROL_PARTITION.name)} (${lowered(CONTROL_PARTITION.description)}): ponha-o no ${code('WHERE')} quando só interessam alguns meses.`,
      `Slots publicados são os de ${code('publicacoes')} com ${code('concluida_em')}; ${code('publicacao_atual')} diz qual é o último.`,
      `${code('quarentena')} e ${code('quarentena_resolvida')} são gravadas pelo Spark durante a execução; ${code(CONTROL_VIEW.name)} junta as duas às anotações.`,
    ]),
    ...CONTROL_TABLES.map(({ name, description, columns }) =>
      entry(name, description, [...columns, CONTROL_PARTITION]),
    ),
    entry(CONTROL_VIEW.name, CONTROL_VIEW.description, CONTROL_VIEW.columns),
  );
}

const entry = (name: string, description: string, columns: readonly ControlColumn[]) =>
  section(
    name,
    `${plain(description)}.`,
    table(
      ['Coluna', 'Tipo', 'Definição'],
      columns.map((column) => [code(column.name), code(column.type), plain(column.description)]),
    ),
  );

const lowered = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
