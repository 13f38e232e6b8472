import { planDelivery } from '../infra/local/source/delivery.ts';
import { bucketSink, folderSink, writeDelivery } from '../infra/local/source/sinks.ts';
import { awsClients } from '../workers/clients.ts';
import { bucketName, readConfig } from '../workers/config.ts';

export type GenerateOptions = {
  stack: string;
  slots: number;
  first: number;
  scale: number;
  seed: number;
  out?: string;
};

export async function generate(options: GenerateOptions): Promise<void> {
  const sink = options.out === undefined ? landing(options.stack) : folderSink(options.out);
  for (let slotNumber = options.first; slotNumber < options.first + options.slots; slotNumber++) {
    const files = planDelivery({ slotNumber, scale: options.scale, seed: options.seed });
    const started = Date.now();
    const { rows, bytes } = await writeDelivery(files, sink, (file, size) =>
      console.log(`  ${file.key}: ${file.rows.toLocaleString('en-US')} rows, ${(size / 1e6).toFixed(1)} MB`),
    );
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(
      `delivery ${slotNumber}: ${files.length} files, ${rows.toLocaleString('en-US')} rows, ${(bytes / 1e6).toFixed(1)} MB in ${seconds} s`,
    );
  }
}

function landing(stack: string) {
  const config = readConfig(stack);
  return bucketSink(awsClients(config).s3, bucketName(config, 'landing'));
}
