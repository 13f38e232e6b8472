import { join } from 'node:path';
import { CreateDatabaseCommand, CreateTableCommand, GetTablesCommand, GlueClient } from '@aws-sdk/client-glue';
import { startAws } from '../../../infra/local/stack/aws.ts';
import { choosePorts } from '../../../infra/local/stack/ports.ts';
import { ACCESS_KEY, REGION, SECRET_KEY } from '../../../infra/local/stack/s3.ts';
import type { Keeper } from './play.ts';

const DatabaseName = 'disk';
const content = (number: number) => `${number},`.repeat(50_000);

export async function aws(folder: string): Promise<Keeper> {
  const { aws: port, s3: s3Port } = await choosePorts(false);
  const client = new GlueClient({
    region: REGION,
    endpoint: `http://127.0.0.1:${port}`,
    maxAttempts: 1,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  const tools = {
    python: process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? 'python3',
    sparkHome: process.env['PODLAKE_SPARK_HOME'] ?? '',
    javaHome: process.env['PODLAKE_JAVA_HOME'] ?? '',
    jars: [],
  };
  let database = false;
  return {
    start: async () => {
      const part = await startAws({ tools, folder, port, s3Port, bucketPrefix: 'disk', log: join(folder, 'aws.log') });
      if (!database) await client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName } }));
      database = true;
      return part;
    },
    write: async (number) => {
      const TableInput = { Name: `item_${number}`, Parameters: { content: content(number) } };
      await client.send(new CreateTableCommand({ DatabaseName, TableInput }));
    },
    read: async () => {
      const { TableList = [] } = await client.send(new GetTablesCommand({ DatabaseName }));
      return TableList.map(({ Name = '', Parameters }) => ({
        number: Number(Name.split('_')[1]),
        content: Parameters?.['content'],
      }))
        .filter((table) => table.content === content(table.number))
        .map(({ number }) => number);
    },
  };
}
