import { ListDataCatalogsCommand } from '@aws-sdk/client-athena';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { freeBytes, isUp, NEEDED_TO_START, stackFolder } from '../infra/local/stack/index.ts';
import { type Finding, inspectTools } from '../infra/local/tools/inspect.ts';
import { awsClients, postgresPool, temporalClient } from '../workers/clients.ts';
import { BUCKETS, bucketName, type Config, readConfig } from '../workers/config.ts';
import { printTable } from './table.ts';

/** Looks at tools, stack and services; exit code 1 when something needs a person. */
export async function doctor(options: { stack: string; json?: boolean }): Promise<void> {
  const findings = [...(await inspectTools()), ...(await inspectServices(options.stack))];
  if (findings.some(({ well }) => !well)) process.exitCode = 1;
  if (options.json) return console.log(JSON.stringify(findings, null, 2));
  printTable(
    ['', 'what', 'found'],
    findings.map(({ well, what, found }) => [well ? 'ok' : '!', what, found]),
  );
  for (const { what, remedy } of findings) if (remedy) console.log(`${what}: ${remedy}`);
}

async function inspectServices(stack: string): Promise<Finding[]> {
  let config: Config;
  try {
    config = readConfig(stack);
  } catch (error) {
    return [{ what: 'Configuration', well: false, found: 'none', remedy: (error as Error).message }];
  }
  const local = config.endpoints !== undefined;
  const remedy =
    local && !process.env['PODLAKE_CONFIG']
      ? `start the stack with "podlake up --stack ${stack}"`
      : 'check the network, the credentials and PODLAKE_CONFIG';
  const check = async (what: string, found: string, work: () => Promise<unknown>): Promise<Finding> => {
    const problem = await within(5_000, work()).then(
      () => null,
      (error: Error) => error.message || error.name,
    );
    return problem === null ? { what, well: true, found, remedy: null } : { what, well: false, found: problem, remedy };
  };
  const { s3, athena } = awsClients(config);
  const findings: Finding[] = [];
  // Of a stack that somebody else runs, such as containers, there is no record here.
  if (local && !process.env['PODLAKE_CONFIG']) {
    findings.push(await inspectStack(stack, remedy), await inspectDisk(stack));
  }
  findings.push(
    await check('S3', `${BUCKETS.length} buckets`, () =>
      Promise.all(BUCKETS.map((bucket) => s3.send(new HeadBucketCommand({ Bucket: bucketName(config, bucket) })))),
    ),
    await check('Athena', 'answers', () => athena.send(new ListDataCatalogsCommand({}))),
    await check('Postgres', 'answers', async () => {
      const database = postgresPool(config);
      await database.query('select 1').finally(() => database.end());
    }),
    await check('Temporal', config.temporal.webUi ?? 'answers', async () => {
      const client = await temporalClient(config);
      await client.connection.close();
    }),
  );
  const metrics = config.metrics.prometheusAddress;
  if (metrics) findings.push(await inspectMetrics(`http://${metrics}/metrics`));
  return findings;
}

async function inspectStack(stack: string, remedy: string): Promise<Finding> {
  const what = `Stack "${stack}"`;
  try {
    const up = await isUp(stack);
    return { what, well: up, found: up ? 'is up' : 'is not running', remedy: up ? null : remedy };
  } catch (error) {
    return { what, well: false, found: 'has a record that cannot be read', remedy: (error as Error).message };
  }
}

/** They are a worker's, and a stack may be without one: that they are not served is no fault. */
async function inspectMetrics(url: string): Promise<Finding> {
  const served = await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  return { what: 'Metrics', well: true, found: served ? url : `no worker serves them at ${url}`, remedy: null };
}

async function inspectDisk(stack: string): Promise<Finding> {
  const free = await freeBytes(stackFolder(stack));
  const well = free >= NEEDED_TO_START;
  const found = `${(free / 1e9).toFixed(1)} GB`;
  const remedy = `free ${NEEDED_TO_START / 1e9} GB on the disk of ${stackFolder(stack)}`;
  return { what: 'Free disk of the stack', well, found, remedy: well ? null : remedy };
}

function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds).unref(),
  );
  return Promise.race([work, late]);
}
