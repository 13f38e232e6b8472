import type { AthenaClient } from '@aws-sdk/client-athena';
import { compileCatalogue } from '../catalog/compile.ts';
import { loadCatalogue } from '../catalog/load.ts';
import type { Database } from '../control-db/queries/database.ts';
import * as loads from '../control-db/queries/loads.ts';
import * as runs from '../control-db/queries/runs.ts';
import type { Stack } from '../infra/local/stack/index.ts';
import { awsClients } from '../workers/clients.ts';
import type { Config } from '../workers/config.ts';
import { slotOf } from '../workflows/slot.ts';
import { ask } from './athena-query.ts';
import { type Cell, printTable } from './table.ts';

const QUESTIONS = [
  ['Default rate', 'SELECT inadimplentes, clientes_com_desfecho, taxa_inadimplencia FROM refined.taxa_inadimplencia'],
  [
    'Loans by type of contract',
    'SELECT tipo_contrato, emprestimos, valor_medio, valor_mediano FROM refined.valor_medio_emprestimo',
  ],
  ['Approvals', 'SELECT tipo_contrato, recebidas, aprovadas, taxa_aprovacao FROM refined.taxa_aprovacao_credito'],
  ['Ages', 'SELECT faixa_etaria, clientes, participacao, taxa_inadimplencia FROM refined.distribuicao_idade'],
  ['Delays', 'SELECT grupo, parcelas, parcelas_atrasadas, atraso_medio_dias FROM refined.tempo_medio_atraso'],
  [
    'Credits in the market',
    'SELECT tipo_credito, moeda, creditos, participacao_creditos FROM refined.tipos_credito_mercado',
  ],
] as const;

/** What a newcomer sees at the end: what came in, what came out, what the indicators say, and where to go on. */
export async function summarise(context: {
  config: Config;
  database: Database;
  stack: Stack;
  slots: Date[];
}): Promise<void> {
  const { config, database, stack, slots } = context;
  for (const slot of slots) {
    const totals = await loads.layerTotals(database, slot);
    const [run] = (await runs.listRuns(database, 50)).filter((row) => row.slot.getTime() === slot.getTime());
    console.log(
      `\nSlot ${slotOf(slot)}: ${run?.files ?? 0} files, ${run?.refused ?? 0} refused, publication ${run?.publication ?? 'none'}`,
    );
    printTable(
      ['layer', 'table', 'rows', 'new or changed', 'bad rows', 'seconds'],
      totals.map(({ layer, table, rows, changed, bad, seconds }) => [
        layer,
        table,
        rows,
        changed,
        layer === 'refined' ? null : bad,
        seconds,
      ]),
    );
  }
  const { athena } = awsClients(config);
  console.log('\nThe lake now');
  printTable(
    ['layer', 'tables', 'files', 'rows'],
    [
      ...(await loads.publishedFiles(database)).map(({ layer, tables, files, rows }) => [layer, tables, files, rows]),
      ...(await icebergLayers(athena, config.athena.workGroup)),
    ],
  );
  const newest = slots.at(-1)?.toISOString().slice(0, 19).replace('T', ' ');
  for (const [title, query] of QUESTIONS) {
    const where = ` WHERE ts_referencia = timestamp '${newest}' ORDER BY 3 DESC LIMIT 5`;
    const { columns, rows } = await ask(athena, config.athena.workGroup, query + where);
    console.log(`\n${title}, through Athena`);
    printTable(
      columns.map(({ name }) => name),
      rows,
    );
  }
  console.log(`
Where to go on
  the story of the runs    ${stack.addresses.temporalUi}/namespaces/default/workflows
  the runs                 npx podlake runs
  your own question        npx podlake sql "select * from refined.taxa_inadimplencia order by ts_referencia"
  the tables               npx podlake sql "show tables in trusted"
  what is installed        npx podlake doctor
  two more slots           npm run demo
  stop, or start over      npx podlake down, npx podlake down --erase`);
}

/** Tables, data files and rows of the published Iceberg layers, as Athena counts them. */
async function icebergLayers(athena: AthenaClient, workGroup: string): Promise<Cell[][]> {
  const { trusted, refined } = compileCatalogue(loadCatalogue());
  const layers = { trusted: Object.keys(trusted), refined: Object.keys(refined).map((name) => `${name}_dados`) };
  const counts = Object.entries(layers).flatMap(([layer, tables]) =>
    tables.map(
      (table) =>
        `SELECT '${layer}' AS layer, (SELECT count(*) FROM "${layer}"."${table}$files") AS files, (SELECT count(*) FROM ${layer}.${table}) AS numbers`,
    ),
  );
  const { rows } = await ask(
    athena,
    workGroup,
    `SELECT layer, count(*), sum(files), sum(numbers) FROM (${counts.join(' UNION ALL ')}) GROUP BY layer ORDER BY layer DESC`,
  );
  return rows.map(([layer, ...numbers]) => [layer, ...numbers.map(Number)]);
}
