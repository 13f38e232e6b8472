import { AthenaClient } from '@aws-sdk/client-athena';
import { EMRClient } from '@aws-sdk/client-emr';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import pg from 'pg';
import type { Config } from './config.ts';

export type AwsClients = {
  s3: S3Client;
  emr: EMRClient;
  emrOnce: EMRClient;
  glue: GlueClient;
  athena: AthenaClient;
  sns: SNSClient;
};

/** The SDK clients as on AWS; on one machine only their endpoints differ. */
export function awsClients(config: Config): AwsClients {
  const common = { region: config.region, ...(config.credentials ? { credentials: config.credentials } : {}) };
  const aws = { ...common, ...(config.endpoints ? { endpoint: config.endpoints.aws } : {}) };
  return {
    s3: new S3Client({
      ...common,
      ...(config.endpoints ? { endpoint: config.endpoints.s3 } : {}),
      forcePathStyle: config.s3PathStyle,
    }),
    emr: new EMRClient({ ...aws, retryMode: 'adaptive', maxAttempts: 5 }),
    // EMR has no client token: RunJobFlow and AddJobFlowSteps must not be repeated by the SDK, only by us after a look.
    emrOnce: new EMRClient({ ...aws, maxAttempts: 1 }),
    glue: new GlueClient({ ...aws, maxAttempts: 5 }),
    athena: new AthenaClient({ ...aws, maxAttempts: 5 }),
    sns: new SNSClient({ ...aws, maxAttempts: 3 }),
  };
}

export function postgresPool(config: Config, limits: pg.PoolConfig = {}): pg.Pool {
  return new pg.Pool({
    ...{ connectionString: config.postgresUrl, max: 10, application_name: 'podlake' },
    // A worker that is paused in a transaction would keep others from taking the lake; no transaction waits for anything else
    // than an alert that is being sent, which is given half of this time.
    idle_in_transaction_session_timeout: 10_000,
    ...limits,
  });
}

/** Address, namespace, TLS and key of the Temporal profile that the configuration names. */
export function temporalConnectConfig(config: Config) {
  return loadClientConnectConfig({
    profile: config.temporal.profile,
    ...(config.temporal.configFile ? { configSource: { path: config.temporal.configFile } } : {}),
  });
}

export async function temporalClient(config: Config): Promise<Client> {
  const { connectionOptions, namespace } = temporalConnectConfig(config);
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '10s' });
  return new Client({ connection, namespace: namespace ?? 'default' });
}
