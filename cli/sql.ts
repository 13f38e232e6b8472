import { stringify } from 'csv-stringify/sync';
import { awsClients } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { ask } from './athena-query.ts';
import { printTable } from './table.ts';

const NUMERIC = /^(tinyint|smallint|integer|bigint|real|float|double|decimal)/;

export async function sql(query: string, options: { stack: string; json?: boolean; csv?: boolean }): Promise<void> {
  const config = readConfig(options.stack);
  const { athena } = awsClients(config);
  const { columns, rows, bytesScanned, milliseconds } = await ask(athena, config.athena.workGroup, query);
  const names = columns.map(({ name }) => name);
  if (options.csv) return void process.stdout.write(stringify([names, ...rows]));
  if (options.json) {
    // Numbers stay text: a decimal of Athena holds more digits than a number of JSON's readers.
    console.log(
      JSON.stringify(
        rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))),
        null,
        2,
      ),
    );
    return;
  }
  const width = columns.map(({ type }) => NUMERIC.test(type));
  const longest = names.map((name, index) => Math.max(name.length, ...rows.map((row) => (row[index] ?? '').length)));
  printTable(
    names,
    rows.map((row) =>
      row.map((cell, index) => (width[index] ? (cell ?? '').padStart(longest[index] ?? 0) : (cell ?? ''))),
    ),
  );
  console.log(
    `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}, ${(bytesScanned / 1e6).toFixed(2)} MB scanned, ${(milliseconds / 1000).toFixed(2)} s`,
  );
}
