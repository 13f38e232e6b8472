import type { AthenaClient } from '@aws-sdk/client-athena';
import type { EMRClient } from '@aws-sdk/client-emr';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { CompiledCatalogue } from '../catalog/types.ts';
import type { Database } from '../control-db/queries/database.ts';

/** What activities are given: clients, settings and the catalogue. Fakes for tests go in here. */
export type Lake = {
  s3: S3Client;
  emr: EMRClient;
  /** The same service without retries of the SDK's own, for the two calls that must not be repeated blindly. */
  emrOnce: EMRClient;
  glue: GlueClient;
  athena: AthenaClient;
  sns: SNSClient;
  database: Database;
  catalogue: CompiledCatalogue;
  artifacts: Artifacts;
  settings: Settings;
  /** Makes the holidays of the schedule those of the calendar, and says what changed. */
  refreshCalendar: () => Promise<string[]>;
};

/** Where the jobs and the compiled catalogue of this worker's code lie. */
export type Artifacts = { hash: string; catalogue: string; jobs: string; main: string };

/** US dollars an hour: the instance on demand or on the spot market, and EMR's surcharge on either. */
export type InstancePrice = { onDemand: number; spot: number; emr: number };

export type Settings = {
  bucketPrefix: string;
  athenaWorkGroup: string;
  emr: {
    releaseLabel: string;
    serviceRole: string;
    jobFlowRole: string;
    /** EMR takes the one whose zone has room for the fleets; none: the account's default network. */
    subnetIds: string[];
    primaryInstanceType: string;
    coreInstanceType: string;
    coreInstances: number;
    /** Interchangeable types, of one architecture and about one size, of which EMR takes what spot has most of. */
    taskInstanceTypes: string[];
    /** At most as many task nodes; 0: none. */
    taskInstances: number;
    /** Then a fleet that got no spot instance is filled on demand. */
    spotTimeoutMinutes: number;
    securityConfiguration?: string;
    logEncryptionKmsKeyId?: string;
    /** For the bill: set on every cluster and its instances, beside those of the run. */
    tags: Record<string, string>;
    /** US dollars an hour by instance type. */
    prices: Record<string, InstancePrice>;
    idleTimeoutSeconds: number;
    stepTimeoutMinutes: number;
    sparkDefaults: Record<string, string>;
  };
  alerts: AlertSettings;
  /** How often a running step is looked at. */
  pollSeconds: number;
};

/** Whom to tell of what goes wrong, and from when on it does. */
export type AlertSettings = {
  snsTopicArn?: string;
  webhookUrl?: string;
  notFinishedAfterHours: number;
  /** How many slots without a file are too many. */
  silentSlots: number;
  clusterHours: number;
  runCostLimitUsd: number;
};
