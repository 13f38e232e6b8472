import type { CompiledCatalogue, CompiledTrusted } from '../types.ts';
import { code, link, page, section, table } from './markdown.ts';
import { GENERATED, listed } from './words.ts';

export interface Parentage {
  child: CompiledTrusted;
  parent: CompiledTrusted;
  columns: string[];
}

/** Which trusted table's rows belong to which one's, by which columns: what the sources' `parent` says. */
export function parentsOf({ sources, trusted }: CompiledCatalogue): Parentage[] {
  const tables = Object.values(trusted);
  return tables.flatMap((child) => {
    const parent = sources[child.source]?.parent ?? null;
    return tables
      .filter(({ source }) => parent?.sources.includes(source))
      .map((table) => ({ child, parent: table, columns: (parent?.columns ?? []).map((name) => name.toLowerCase()) }));
  });
}

export function relationsPage(catalogue: CompiledCatalogue): string {
  const relations = parentsOf(catalogue);
  return page(
    GENERATED,
    '# Como as tabelas se ligam',
    'Das tabelas de trusted vão só a chave (PK) e as colunas pelas quais cada uma se liga a outra (FK). O cliente é ' +
      '`sk_id_curr`: quem tem desfecho conhecido está em application_train, os demais em application_test, e por isso uma ' +
      'linha filha pertence a uma das duas. Linhas sem a correspondente são comuns em entregas parciais, e ficam.',
    `\`\`\`mermaid\n${diagram(catalogue, relations)}\n\`\`\``,
    section(
      'Ligações',
      table(
        ['Tabela', 'Pertence a', 'Por'],
        relations.map(({ child, parent, columns }) => [
          link(child.name, `trusted/${child.name}.md`),
          link(parent.name, `trusted/${parent.name}.md`),
          listed(columns.map(code)),
        ]),
      ),
    ),
  );
}

function diagram({ trusted }: CompiledCatalogue, relations: Parentage[]): string {
  const entities = Object.values(trusted).map((entity) => {
    const foreign = new Set(relations.filter(({ child }) => child === entity).flatMap(({ columns }) => columns));
    const lines = entity.columns
      .filter((column) => column.key || foreign.has(column.name))
      .map(({ name, type, key }) => {
        const marks = [...(key ? ['PK'] : []), ...(foreign.has(name) ? ['FK'] : [])].join(', ');
        return `    ${type.replaceAll(/\W+/g, '_')} ${name} ${marks}`;
      });
    return `  ${entity.name} {\n${lines.join('\n')}\n  }`;
  });
  const lines = relations.map(
    ({ child, parent, columns }) => `  ${parent.name} |o--o{ ${child.name} : "${columns.join(', ')}"`,
  );
  return ['erDiagram', ...lines, ...entities].join('\n');
}
