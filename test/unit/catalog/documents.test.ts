import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../../catalog/compile.ts';
import { table } from '../../../catalog/documents/markdown.ts';
import { documentPages } from '../../../catalog/documents/pages.ts';
import { loadExternalData } from '../../../catalog/external-data.ts';
import { loadCatalogue } from '../../../catalog/load.ts';
import { smallCatalogue } from './small-catalogue.ts';

const catalogue = compileCatalogue(loadCatalogue());
const pages = documentPages(catalogue, loadExternalData(catalogue));
const textOf = (name: string) => pages.get(name) ?? '';
const rowOf = (page: string, start: string) =>
  textOf(page)
    .split('\n')
    .find((line) => line.startsWith(start));

describe('the data dictionary', () => {
  test('has a page for every table, and the index leads to each', () => {
    const tables = [
      ...Object.keys(catalogue.sources).map((name) => `fontes/${name}.md`),
      ...Object.keys(catalogue.trusted).map((name) => `trusted/${name}.md`),
      ...Object.keys(catalogue.refined).map((name) => `refined/${name}.md`),
    ];
    expect([...pages.keys()].sort()).toEqual(
      [...tables, 'README.md', 'controle.md', 'mapa-de-dados.md', 'relacionamentos.md'].sort(),
    );
    for (const page of tables) expect(textOf('README.md')).toContain(`](${page})`);
  });

  test('has no link that leads nowhere', () => {
    const clone = join(import.meta.dirname, '..', '..', '..');
    for (const [page, text] of pages) {
      for (const [, to = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const path = normalize(join('docs', 'catalogo', dirname(page), to));
        const generated = pages.has(path.replace(/^docs\/catalogo\//, ''));
        expect(generated || existsSync(join(clone, path)), `${to} on ${page}`).toBe(true);
      }
    }
  });

  test('has as many cells in each row of a table as in its head', () => {
    const cells = (line: string) => line.split(/(?<!\\)\|/).length;
    for (const [page, text] of pages) {
      const lines = text.split('\n');
      for (const [i, line] of lines.entries()) {
        if (!line.startsWith('|') || !lines[i - 1]?.startsWith('|')) continue;
        expect(cells(line), `${page}:${i + 1}`).toBe(cells(lines[i - 1] ?? ''));
      }
    }
  });

  test("a source's page says of a column type, duty, personal class, definition and oddities", () => {
    expect(rowOf('fontes/application_train.md', '| `TARGET`')).toMatch(
      /^\| `TARGET` \| `int`<br>número inteiro \| sim \| sim \| sensível \| Desfecho do crédito.*<br>Só se aceita 0, 1 ou vazio\. \|$/,
    );
  });

  test("a trusted table's page says where a column comes from, what was done, and where it goes", () => {
    expect(textOf('trusted/previous_application.md')).toContain(
      '| `days_first_drawing` | `DAYS_FIRST_DRAWING` | lida como int (aceita `.0` no fim); vazio vira nulo; 365243 (sem valor) vira nulo |',
    );
    expect(textOf('trusted/bureau.md')).toContain(
      '| `cnt_credit_prolong` | [taxa_refinanciamento](../refined/taxa_refinanciamento.md): `clientes_com_prorrogacao`',
    );
  });

  test("an indicator's page says how each column is made and from which columns of the files", () => {
    expect(textOf('refined/taxa_inadimplencia.md')).toContain(
      '| `inadimplentes` | [application_train](../fontes/application_train.md): `TARGET` | – |',
    );
    expect(textOf('refined/variacao_taxa_inadimplencia.md')).toContain(
      '| `taxa_anterior` | publicações anteriores de [taxa_inadimplencia](../refined/taxa_inadimplencia.md): `taxa_inadimplencia` |',
    );
  });

  test('what decides the rows of every column is told once above them', () => {
    const text = textOf('refined/inadimplencia_mensal_bureau.md');
    expect(text).toContain(
      'Todas as colunas do SQL dependem também de:<br>[bureau_balance](../fontes/bureau_balance.md): `MONTHS_BALANCE` (grupo)',
    );
    expect(text).toContain('| `taxa_acima_90_dias` | [bureau_balance](../fontes/bureau_balance.md): `STATUS` | – |');
  });

  test('the diagram draws each child with its parents', () => {
    expect(textOf('relacionamentos.md')).toContain('application_train |o--o{ bureau : "sk_id_curr"');
    expect(textOf('relacionamentos.md')).toContain('bureau |o--o{ bureau_balance : "sk_id_bureau"');
  });

  test('the data map tells values from rows alone, and names the sources that no indicator needs', () => {
    expect(rowOf('mapa-de-dados.md', '| [tempo_medio_atraso]')).toMatch(/○ .*● /);
    expect(textOf('mapa-de-dados.md')).toContain('Nenhum indicador precisa de [POS_CASH_balance]');
  });

  test('a bar or a line break in a cell does not break the table', () => {
    expect(table(['a'], [['x | y\nz']])).toBe('| a |\n| --- |\n| x \\| y z |');
  });
});

describe('data from outside', () => {
  const external = (indicator: string) => `name: external-data
introduction: O que falta nas fontes
datasets:
  - title: Um cadastro de fora
    access: compra
    brings: O que ele traz
    gap: O que nos falta hoje
    indicators:
      - table: ${indicator}
        gain: Fica mais exato
    link: Pelo número do cliente
    cautions: Custa por consulta
left_out: []
`;
  const small = (text: string) => {
    const dir = smallCatalogue((files) => {
      files['external-data.yaml'] = text;
    });
    return { compiled: compileCatalogue(loadCatalogue(dir)), dir };
  };

  test('names indicators that there are', () => {
    const { compiled, dir } = small(external('total'));
    expect(loadExternalData(compiled, dir).datasets[0]?.indicators).toEqual([
      { table: 'total', gain: 'Fica mais exato' },
    ]);
  });

  test('is refused with file and line if an indicator does not exist or a field is not what it should be', () => {
    const unknown = small(external('totl'));
    expect(() => loadExternalData(unknown.compiled, unknown.dir)).toThrow(
      'catalog/external-data.yaml:9: there is no indicator totl: mend the name',
    );
    const wrong = small(external('total').replace('access: compra', 'access: roubo'));
    expect(() => loadExternalData(wrong.compiled, wrong.dir)).toThrow(
      'catalog/external-data.yaml:5: access must be one of',
    );
  });
});
