import type { RunJobFlowCommandInput } from '@aws-sdk/client-emr';
import type { ClusterPurpose, RunContext } from '../workflows/types.ts';
import type { Settings } from './context.ts';
import { bucket } from './places.ts';

/** A transient cluster: it ends itself when idle, also when nobody is left to end it. */
export function clusterRequest(
  settings: Settings,
  name: string,
  context: RunContext,
  purpose: ClusterPurpose,
): RunJobFlowCommandInput {
  const { emr } = settings;
  const group = (InstanceRole: 'MASTER' | 'CORE', InstanceType: string, InstanceCount: number) => ({
    InstanceRole,
    InstanceType,
    InstanceCount,
  });
  return {
    Name: name,
    ReleaseLabel: emr.releaseLabel,
    Applications: [{ Name: 'Spark' }],
    LogUri: `s3://${bucket(settings.bucketPrefix, 'controle')}/logs/emr/`,
    ServiceRole: emr.serviceRole,
    JobFlowRole: emr.jobFlowRole,
    VisibleToAllUsers: true,
    StepConcurrencyLevel: 1,
    Instances: {
      KeepJobFlowAliveWhenNoSteps: true,
      TerminationProtected: false,
      ...(emr.subnetId ? { Ec2SubnetId: emr.subnetId } : {}),
      InstanceGroups: [
        group('MASTER', emr.primaryInstanceType, 1),
        ...(purpose !== 'publish' ? [group('CORE', emr.coreInstanceType, emr.coreInstances)] : []),
      ],
    },
    AutoTerminationPolicy: { IdleTimeout: emr.idleTimeoutSeconds },
    Configurations: [
      { Classification: 'iceberg-defaults', Properties: { 'iceberg.enabled': 'true' } },
      { Classification: 'spark-defaults', Properties: { ...lakeSparkDefaults(settings), ...emr.sparkDefaults } },
      {
        Classification: 'spark-env',
        Configurations: [{ Classification: 'export', Properties: { PYSPARK_PYTHON: '/usr/bin/python3.11' } }],
      },
    ],
    Tags: [
      { Key: 'podlake:slot', Value: context.slot },
      { Key: 'podlake:attempt', Value: String(context.attempt) },
      { Key: 'podlake:grant', Value: String(context.grant) },
    ],
  };
}

/** Spark's way to the lake's Iceberg tables over Glue; the jobs name the catalogue `lake` and nothing else. */
function lakeSparkDefaults(settings: Settings): Record<string, string> {
  const lake = 'spark.sql.catalog.lake';
  return {
    'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
    'spark.sql.defaultCatalog': 'lake',
    'spark.sql.session.timeZone': 'UTC',
    [lake]: 'org.apache.iceberg.spark.SparkCatalog',
    [`${lake}.type`]: 'glue',
    [`${lake}.io-impl`]: 'org.apache.iceberg.aws.s3.S3FileIO',
    [`${lake}.warehouse`]: `s3://${bucket(settings.bucketPrefix, 'trusted')}`,
    // A Glue version for every commit would grow without end, and Iceberg keeps the history itself.
    [`${lake}.glue.skip-archive`]: 'true',
  };
}
