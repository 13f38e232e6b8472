import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { EXAMPLE_PRICES } from './prices.ts';

const dollars = z.number().min(0);
/** US dollars an hour. */
const priceSchema = z.strictObject({ onDemand: dollars, spot: dollars, emr: dollars });

/** Where the software runs and with what: read once, checked once, the same shape on AWS and on one machine. */
const configSchema = z.strictObject({
  region: z.string(),
  bucketPrefix: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
  /** Only for a stack on one machine; on AWS the SDKs find their endpoints themselves. */
  endpoints: z.strictObject({ s3: z.url(), aws: z.url() }).optional(),
  s3PathStyle: z.boolean().default(false),
  /** Only for a stack on one machine; on AWS the SDKs' default chain of credentials is used. */
  credentials: z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() }).optional(),
  postgresUrl: z.string(),
  temporal: z.strictObject({
    /** A Temporal client profile, see `temporal config`; the file is the default one unless named. */
    profile: z.string().default('default'),
    configFile: z.string().optional(),
    taskQueue: z.string().default('pod-bank-data-lake'),
    webUi: z.url().optional(),
  }),
  emr: z.strictObject({
    releaseLabel: z.string().default('emr-7.14.0'),
    serviceRole: z.string().default('EMR_DefaultRole_V2'),
    jobFlowRole: z.string().default('EMR_EC2_DefaultRole'),
    subnetIds: z.array(z.string()).max(16).default([]),
    primaryInstanceType: z.string().default('m6g.xlarge'),
    coreInstanceType: z.string().default('r6g.2xlarge'),
    coreInstances: z.number().int().min(1).default(2),
    /** EMR takes 30 types in a fleet that has an allocation strategy, as the task nodes' has. */
    taskInstanceTypes: z
      .array(z.string())
      .min(1)
      .max(30)
      .default(['r6g.2xlarge', 'r6gd.2xlarge', 'r7g.2xlarge', 'm6g.4xlarge']),
    taskInstances: z.number().int().min(0).default(6),
    /** EMR takes 5 minutes to a day. */
    spotTimeoutMinutes: z.number().int().min(5).max(1440).default(10),
    securityConfiguration: z.string().optional(),
    logEncryptionKmsKeyId: z.string().optional(),
    tags: z
      .record(z.string().regex(/^(?!aws:|podlake:).{1,128}$/, 'not of AWS, not of podlake'), z.string())
      .default({}),
    prices: z.record(z.string(), priceSchema).default(EXAMPLE_PRICES),
    stepConcurrency: z.literal(1).default(1),
    /** EMR takes a minute to seven days. */
    idleTimeoutSeconds: z.number().int().min(60).max(604_800).default(900),
    stepTimeoutMinutes: z.number().int().min(5).default(240),
    sparkDefaults: z.record(z.string(), z.string()).default({}),
  }),
  athena: z.strictObject({ workGroup: z.string().default('primary') }),
  /** Where a worker serves its metrics to Prometheus, such as 127.0.0.1:9464; without it they are not kept. */
  metrics: z
    .strictObject({
      prometheusAddress: z
        .string()
        .regex(/^.+:\d+$/, 'a host and a port, such as 0.0.0.0:9464')
        .optional(),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO') }).prefault({}),
  /** Without a topic and a webhook alerts are recorded and logged, and nobody is told. */
  alerts: z
    .strictObject({
      snsTopicArn: z.string().startsWith('arn:').optional(),
      webhookUrl: z.url().optional(),
      notFinishedAfterHours: z.number().positive().default(3),
      silentSlots: z.number().int().min(1).default(2),
      clusterHours: z.number().positive().default(6),
      runCostLimitUsd: z.number().positive().default(50),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;

export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}

/**
 * Reads the configuration of PODLAKE_CONFIG, or of the local stack named `stack`.
 * @throws ConfigProblem that names the file, the key and the remedy.
 */
export function readConfig(stack = 'default'): Config {
  const file = configFile(stack);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new ConfigProblem(
      `There is no configuration at ${file}. Start the local stack with "podlake up", or name a file in PODLAKE_CONFIG.`,
    );
  }
  return parseConfig(text, file);
}

export function configFile(stack: string): string {
  const named = process.env['PODLAKE_CONFIG'];
  if (named) return isAbsolute(named) ? named : resolve(named);
  return resolve(import.meta.dirname, '..', '.podlake', stack, 'config.json');
}

export function parseConfig(text: string, file: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigProblem(`${file} is not JSON: ${(error as Error).message}.`);
  }
  const result = configSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new ConfigProblem(`${file} cannot be used: ${issues.join('; ')}.`);
}

export type Bucket = 'landing' | 'transient' | 'raw' | 'trusted' | 'refined' | 'controle';
export const BUCKETS: readonly Bucket[] = ['landing', 'transient', 'raw', 'trusted', 'refined', 'controle'];

export function bucketName(config: Pick<Config, 'bucketPrefix'>, bucket: Bucket): string {
  return `${config.bucketPrefix}-${bucket}`;
}
