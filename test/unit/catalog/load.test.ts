import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../catalog/load.ts';
import { CatalogueError } from '../../../catalog/problems.ts';
import { replacing, smallCatalogue } from './small-catalogue.ts';

/** What the loader says of the small catalogue with this change: a line for each problem. */
function problemsWith(change: (files: Record<string, string>) => void): string[] {
  const dir = smallCatalogue(change);
  try {
    loadCatalogue(dir);
    return [];
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    return error.problems.map(({ file, line, message }) => `${file}:${line}: ${message}`);
  }
}

describe('loading the catalogue', () => {
  test('a sound one loads, each list in order of name', () => {
    const catalogue = loadCatalogue(smallCatalogue());
    expect(catalogue.sources.map(({ data }) => data.name)).toEqual(['Payment', 'loan']);
    expect(catalogue.refined.map(({ sqlFile }) => sqlFile)).toEqual(['catalog/refined/total.sql']);
  });

  test('the message of the error names every problem at once', () => {
    const dir = smallCatalogue((files) => {
      replacing('sources/loan.yaml', 'type: bigint', 'type: long')(files);
      replacing('trusted/loan.yaml', 'proceed', 'skip')(files);
    });
    expect(() => loadCatalogue(dir)).toThrow(
      'The catalogue has 2 errors:\n' +
        '  catalog/sources/loan.yaml:6: type must be one of int, bigint, double, decimal(18,3), string\n' +
        '  catalog/trusted/loan.yaml:5: on_held_delivery must be one of proceed, wait',
    );
  });

  test.each<[what: string, file: string, text: string, by: string, problem: string]>([
    [
      'a field spelt wrong is reported on its line',
      'sources/loan.yaml',
      '    required: true',
      '    requierd: true',
      'catalog/sources/loan.yaml:12: unknown field requierd: remove it or mend its spelling',
    ],
    [
      'a missing field is reported on the object that lacks it',
      'sources/loan.yaml',
      '    personal: none\n',
      '',
      'catalog/sources/loan.yaml:15: personal is missing: add it',
    ],
    [
      'text that is no YAML is reported where it breaks',
      'trusted/loan.yaml',
      'source: loan',
      'source: [loan',
      'catalog/trusted/loan.yaml:3: not valid YAML',
    ],
    [
      'a name that differs from the name of its file',
      'trusted/loan.yaml',
      'name: loan',
      'name: loans',
      "catalog/trusted/loan.yaml:1: the name loans differs from the file's",
    ],
    [
      'a column text longer than Glue keeps',
      'sources/loan.yaml',
      'Observação livre',
      'x'.repeat(256),
      'catalog/sources/loan.yaml:18: pt must NOT have more than 255 characters',
    ],
    [
      'the same column twice, also if only its case differs',
      'sources/loan.yaml',
      'name: AMOUNT',
      'name: id',
      'catalog/sources/loan.yaml:10: column id stands here twice',
    ],
    [
      'a source without a key',
      'sources/loan.yaml',
      '    key: true\n',
      '',
      'catalog/sources/loan.yaml:1: no column is marked `key: true`',
    ],
    [
      'a sentinel of a text',
      'sources/loan.yaml',
      '    personal: none',
      '    sentinel: 7\n    personal: none',
      'catalog/sources/loan.yaml:17: a text has no sentinel',
    ],
    [
      'an accepted value that is of another type than its column',
      'sources/loan.yaml',
      '    personal: none',
      '    accepted: [a, 1]\n    personal: none',
      'catalog/sources/loan.yaml:17: accepted value 1 does not fit string',
    ],
    [
      '`like` that leads nowhere',
      'sources/Payment.yaml',
      'like: loan',
      'like: lone',
      'catalog/sources/Payment.yaml:7: lone is not a source with columns of its own',
    ],
    [
      '`without` of a column that is not there',
      'sources/Payment.yaml',
      '[NOTE]',
      '[REMARK]',
      'catalog/sources/Payment.yaml:8: loan has no column REMARK',
    ],
    [
      '`required` of a column that was left out',
      'sources/Payment.yaml',
      'required: []',
      'required: [NOTE]',
      'catalog/sources/Payment.yaml:9: NOTE is also under without',
    ],
    [
      'a parent that is no source',
      'sources/Payment.yaml',
      'sources: [loan]',
      'sources: [loan, contract]',
      'catalog/sources/Payment.yaml:5: parent contract is no source',
    ],
    [
      'a parent column that one of the two lacks',
      'sources/Payment.yaml',
      'columns: [ID]',
      'columns: [NOTE]',
      'catalog/sources/Payment.yaml:6: Payment has no column NOTE',
    ],
    [
      'a trusted table made from nothing',
      'trusted/loan.yaml',
      'source: loan',
      'source: lone',
      'catalog/trusted/loan.yaml:2: lone is no source',
    ],
    [
      'SQL that reads a table which does not exist',
      'refined/total.sql',
      'trusted.loan',
      'trusted.lone',
      'catalog/refined/total.sql:2: trusted.lone does not exist',
    ],
    [
      'SQL that reads past trusted and refined',
      'refined/total.sql',
      'from soma',
      'from soma cross join raw.loan',
      'catalog/refined/total.sql:5: reads raw.loan, which is neither trusted.<table>, nor refined.<table>, nor a step of this file',
    ],
    [
      'SQL that looks back on a table which does not exist',
      'refined/total.sql',
      'from soma',
      'from soma cross join refined.outro where ts_referencia < :ts_referencia',
      'catalog/refined/total.sql:5: refined.outro does not exist: mend the name or write refined/outro.yaml',
    ],
    [
      'SQL that reads refined without saying up to which slot',
      'refined/total.sql',
      'from soma',
      'from soma cross join refined.total',
      'catalog/refined/total.sql:5: reads refined.total whatever the slot',
    ],
    [
      'a check of an unknown kind',
      'refined/total.yaml',
      'check: range',
      'check: no_overlap',
      'catalog/refined/total.yaml:17: check must be one of accepted_values, range, expression, parts_add_up, same_total',
    ],
    [
      'a field that a kind of check does not have',
      'refined/total.yaml',
      '    min: 0',
      '    minimum: 0\n    min: 0',
      'catalog/refined/total.yaml:21: unknown field minimum: remove it or mend its spelling',
    ],
    [
      'a range without ends',
      'refined/total.yaml',
      '    min: 0\n',
      '',
      'catalog/refined/total.yaml:17: one of min, max is missing: add it',
    ],
    [
      'a check of a column that is not there',
      'refined/total.yaml',
      'columns: [valor_total]',
      'columns: [valor]',
      'catalog/refined/total.yaml:20: total has no column valor: mend the name',
    ],
    [
      'a check that is called as another',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: expression, name: not_negative, description: A soma é positiva, expression: valor_total > 0 }',
      'catalog/refined/total.yaml:22: check not_negative stands here twice: give each its own name',
    ],
    [
      "a check that is called as one of the compiler's",
      'refined/total.yaml',
      'name: not_negative',
      'name: unique_key',
      'catalog/refined/total.yaml:18: unique_key is what the compiler calls a check of its own',
    ],
    [
      'a condition that cannot be read',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: expression, name: x, description: A soma é positiva, expression: valor_total + }',
      'catalog/refined/total.yaml:22: not a condition that a check can have: it ends too early',
    ],
    [
      'a condition over a column that is not there',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: expression, name: x, description: A soma é positiva, expression: valor > 0 }',
      'catalog/refined/total.yaml:22: total has no column valor: mend the name',
    ],
    [
      'a value that always stands without being accepted, and one of another type than its column',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: accepted_values, name: x, description: A soma é um ou dois, column: valor_total, values: [1], always: [2] }',
      'catalog/refined/total.yaml:22: 2 is not among the values',
    ],
    [
      'an accepted value that does not fit the column of a check',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: accepted_values, name: x, description: A soma é um ou dois, column: valor_total, values: [um] }',
      'catalog/refined/total.yaml:22: um does not fit decimal(38,3)',
    ],
    [
      'a total that several columns should have',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: parts_add_up, name: x, description: As partes somam, columns: [valor_total], total: valor_total, whole: valor_total > 0 }',
      'catalog/refined/total.yaml:22: total is the whole of one column',
    ],
    [
      'the total of a table that is not there',
      'refined/total.yaml',
      '    min: 0',
      '    min: 0\n  - { check: same_total, name: x, description: As somas são iguais, column: valor_total, other: { table: outra } }',
      'catalog/refined/total.yaml:22: there is no table outra in this layer',
    ],
    [
      'a check of a trusted table against one that lacks the column',
      'trusted/loan.yaml',
      'bad_row_threshold',
      'checks: [{ check: no_overlap, name: x, description: Nenhum se repete, columns: [note], with: payment }]\nbad_row_threshold',
      'catalog/trusted/loan.yaml:4: payment has no column note: mend the name',
    ],
    [
      'a foreign key of a table without parent',
      'trusted/loan.yaml',
      'bad_row_threshold',
      'foreign_key: { tolerated: 0.5 }\nbad_row_threshold',
      'catalog/trusted/loan.yaml:4: loan has no parent: remove foreign_key, or give it one',
    ],
    [
      'a check with the name of one that every table has',
      'trusted/loan.yaml',
      'bad_row_threshold',
      'checks: [{ check: range, name: null_share, description: O valor é positivo, columns: [amount], min: 0 }]\nbad_row_threshold',
      'catalog/trusted/loan.yaml:4: null_share is what the compiler calls a check of its own: take another',
    ],
    [
      'SQL that reads a column which a file may lack',
      'refined/total.sql',
      'from trusted.loan',
      'from trusted.loan where note is null',
      'catalog/refined/total.sql:1: reads NOTE of loan, which a file may lack: mark it `required: true` in sources/loan.yaml',
    ],
    [
      'SQL that casts to another type than declared',
      'refined/total.sql',
      'decimal(38, 3)',
      'decimal(28, 3)',
      'catalog/refined/total.sql:4: valor_total is declared as decimal(38,3)',
    ],
    [
      'SQL that gives a column another name',
      'refined/total.sql',
      'as valor_total',
      'as total',
      'catalog/refined/total.sql:4: column 1 of the last select is total, but catalog/refined/total.yaml has valor_total',
    ],
    [
      'a declared column that the SQL does not give',
      'refined/total.yaml',
      'assumptions',
      '  - { name: contratos, type: bigint, nullable: false, unit: contratos, description: Quantos contratos }\nassumptions',
      'catalog/refined/total.yaml:14: the last select of catalog/refined/total.sql gives no contratos',
    ],
    [
      'a column name with an accent',
      'refined/total.yaml',
      'name: valor_total',
      'name: valor_médio',
      'catalog/refined/total.yaml:9: name must match',
    ],
    [
      'a column that the job appends',
      'refined/total.yaml',
      'name: valor_total',
      'name: ts_referencia',
      'catalog/refined/total.yaml:9: ts_referencia is appended to every refined table',
    ],
    [
      'labels for a number',
      'refined/total.yaml',
      'unit: reais',
      'unit: reais\n    labels: { "0": Nada }',
      'catalog/refined/total.yaml:13: valor_total is a decimal(38,3): only the values of a text have labels',
    ],
    [
      'a key that is not the first column',
      'refined/total.yaml',
      'key: []',
      'key: [tipo]',
      'catalog/refined/total.yaml:7: key column tipo must be column 1',
    ],
  ])('%s', (_what, file, text, by, problem) => {
    const problems = problemsWith(replacing(file, text, by));
    expect(
      problems.filter((each) => each.startsWith(problem)),
      problems.join('\n'),
    ).toHaveLength(1);
  });

  test('an indicator without its SQL, and SQL that nothing describes', () => {
    expect(problemsWith((files) => delete files['refined/total.sql'])).toEqual([
      'catalog/refined/total.yaml:1: its SQL is missing: write refined/total.sql beside it',
    ]);
    expect(problemsWith((files) => delete files['refined/total.yaml'])).toEqual([
      'catalog/refined/total.sql:1: nothing describes this SQL: write refined/total.yaml beside it',
    ]);
  });

  test('a source of which no trusted table is made', () => {
    expect(problemsWith((files) => delete files['trusted/payment.yaml'])).toEqual([
      'catalog/sources/Payment.yaml:1: no trusted table is made from this source: write trusted/payment.yaml',
    ]);
  });
});
