import type { AthenaClient } from '@aws-sdk/client-athena';
import type { EMRClient } from '@aws-sdk/client-emr';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
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
  database: Database;
  catalogue: CompiledCatalogue;
  artifacts: Artifacts;
  settings: Settings;
};

/** Where the jobs and the compiled catalogue of this worker's code lie. */
export type Artifacts = { hash: string; catalogue: string; jobs: string; main: string };

export type Settings = {
  bucketPrefix: string;
  athenaWorkGroup: string;
  emr: {
    releaseLabel: string;
    serviceRole: string;
    jobFlowRole: string;
    subnetId?: string;
    primaryInstanceType: string;
    coreInstanceType: string;
    coreInstances: number;
    idleTimeoutSeconds: number;
    stepTimeoutMinutes: number;
    sparkDefaults: Record<string, string>;
  };
  /** How often a running step is looked at. */
  pollSeconds: number;
};
