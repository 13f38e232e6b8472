import { Readable } from 'node:stream';
import { planDelivery } from '../infra/local/source/delivery.ts';
import { planFaults, type ToldFaults } from '../infra/local/source/faults.ts';
import { bucketSink, folderSink, writeDelivery } from '../infra/local/source/sinks.ts';
import { awsClients } from '../workers/clients.ts';
import { bucketName, readConfig } from '../workers/config.ts';
import { printTable } from './table.ts';

export type GenerateOptions = {
  stack: string;
  slots: number;
  first: number;
  scale: number;
  seed: number;
  out?: string;
  withFaults?: boolean;
  json?: boolean;
};

export async function generate(options: GenerateOptions): Promise<void> {
  const sink = options.out === undefined ? landing(options.stack) : folderSink(options.out);
  const tell = (line: string) => (options.json ? console.error(line) : console.log(line));
  const faults: ({ delivery: number } & ToldFaults)[] = [];
  for (let slotNumber = options.first; slotNumber < options.first + options.slots; slotNumber++) {
    const files = planDelivery({ slotNumber, scale: options.scale, seed: options.seed });
    const started = Date.now();
    const { rows, bytes } = await writeDelivery(files, sink, (file, size) =>
      tell(`  ${file.key}: ${file.rows.toLocaleString('en-US')} rows, ${(size / 1e6).toFixed(1)} MB`),
    );
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    tell(
      `delivery ${slotNumber}: ${files.length} files, ${rows.toLocaleString('en-US')} rows, ${(bytes / 1e6).toFixed(1)} MB in ${seconds} s`,
    );
    if (!options.withFaults) continue;
    const { files: faulty, told } = await planFaults(files, `lote-${String(slotNumber + 1).padStart(4, '0')}`);
    for (const { key, bytes: content } of faulty) await sink.put(key, Readable.from(content, { objectMode: false }));
    faults.push({ delivery: slotNumber, ...told });
    if (!options.json) printFaults(told);
  }
  if (options.json) console.log(JSON.stringify(faults, null, 2));
}

/** What has to become of each fault, to hold against the ledger and quarantine. */
function printFaults({ files, rows, tables }: ToldFaults): void {
  console.log('faults of files, and what the ledger has to say of each:');
  printTable(
    ['file', 'fault', 'outcome'],
    files.map(({ key, kind, outcome }) => [key, kind, outcome]),
  );
  console.log('bad rows, and what quarantine has to say of each:');
  printTable(
    ['file', 'line', 'fault', 'layer', 'column', 'rule'],
    rows.map(({ key, line, kind, layer, column, rule }) => [key, line, kind, layer, column, rule]),
  );
  console.log('rows by table, on top of what the delivery has itself:');
  printTable(
    ['table', 'unreadable', 'quarantined', 'superseded', 'conflicting'],
    Object.entries(tables).map(([table, { unreadable, quarantined, superseded, conflicting }]) => [
      ...[table, unreadable, quarantined, superseded, conflicting],
    ]),
  );
}

function landing(stack: string) {
  const config = readConfig(stack);
  return bucketSink(awsClients(config).s3, bucketName(config, 'landing'));
}
