import type { InstanceFleetConfig, RunJobFlowCommandInput, Tag } from '@aws-sdk/client-emr';
import type { ClusterPurpose, RunContext } from '../workflows/types.ts';
import type { Settings } from './context.ts';
import { bucket } from './places.ts';

/** Of the spot fleet when a cluster starts; managed scaling adds what the work asks for, up to the limit. */
const FIRST_TASK_NODES = 1;

/** A transient cluster: it ends itself when idle, also when nobody is left to end it. */
export function clusterRequest(
  settings: Settings,
  name: string,
  context: RunContext,
  purpose: ClusterPurpose,
): RunJobFlowCommandInput {
  const { emr } = settings;
  return {
    Name: name,
    ReleaseLabel: emr.releaseLabel,
    Applications: [{ Name: 'Spark' }],
    LogUri: `s3://${bucket(settings.bucketPrefix, 'controle')}/logs/emr/`,
    ...(emr.logEncryptionKmsKeyId ? { LogEncryptionKmsKeyId: emr.logEncryptionKmsKeyId } : {}),
    ...(emr.securityConfiguration ? { SecurityConfiguration: emr.securityConfiguration } : {}),
    ServiceRole: emr.serviceRole,
    JobFlowRole: emr.jobFlowRole,
    VisibleToAllUsers: true,
    StepConcurrencyLevel: 1,
    Instances: {
      KeepJobFlowAliveWhenNoSteps: true,
      TerminationProtected: false,
      ...(emr.subnetIds.length > 0 ? { Ec2SubnetIds: emr.subnetIds } : {}),
      InstanceFleets: fleets(emr, purpose),
    },
    ...scaling(emr, purpose),
    ScaleDownBehavior: 'TERMINATE_AT_TASK_COMPLETION',
    AutoTerminationPolicy: { IdleTimeout: emr.idleTimeoutSeconds },
    Configurations: [
      { Classification: 'iceberg-defaults', Properties: { 'iceberg.enabled': 'true' } },
      { Classification: 'spark-defaults', Properties: { ...lakeSparkDefaults(settings), ...emr.sparkDefaults } },
      {
        Classification: 'spark-env',
        Configurations: [{ Classification: 'export', Properties: { PYSPARK_PYTHON: '/usr/bin/python3.11' } }],
      },
    ],
    Tags: tags(emr, context, purpose),
  };
}

/** What must not be lost runs on demand; what Spark can do again elsewhere, on spot. A publication needs one machine. */
function fleets(emr: Settings['emr'], purpose: ClusterPurpose): InstanceFleetConfig[] {
  const onDemand = (InstanceFleetType: 'MASTER' | 'CORE', InstanceType: string, TargetOnDemandCapacity: number) => ({
    Name: InstanceFleetType.toLowerCase(),
    InstanceFleetType,
    TargetOnDemandCapacity,
    InstanceTypeConfigs: [{ InstanceType, WeightedCapacity: 1 }],
    LaunchSpecifications: { OnDemandSpecification: { AllocationStrategy: 'lowest-price' as const } },
  });
  const primary = onDemand('MASTER', emr.primaryInstanceType, 1);
  if (purpose === 'publish') return [primary];
  const core = onDemand('CORE', emr.coreInstanceType, emr.coreInstances);
  return emr.taskInstances > 0 ? [primary, core, taskFleet(emr)] : [primary, core];
}

const taskFleet = (emr: Settings['emr']): InstanceFleetConfig => ({
  Name: 'task',
  InstanceFleetType: 'TASK',
  TargetSpotCapacity: FIRST_TASK_NODES,
  InstanceTypeConfigs: emr.taskInstanceTypes.map((InstanceType) => ({ InstanceType, WeightedCapacity: 1 })),
  LaunchSpecifications: {
    SpotSpecification: {
      AllocationStrategy: 'price-capacity-optimized',
      TimeoutDurationMinutes: emr.spotTimeoutMinutes,
      TimeoutAction: 'SWITCH_TO_ON_DEMAND',
    },
    OnDemandSpecification: { AllocationStrategy: 'lowest-price' },
  },
});

/** Between the core nodes and all task nodes. On demand no more than the core nodes and what spot did not give at the start. */
function scaling(emr: Settings['emr'], purpose: ClusterPurpose): Pick<RunJobFlowCommandInput, 'ManagedScalingPolicy'> {
  if (purpose === 'publish' || emr.taskInstances === 0) return {};
  const ComputeLimits = {
    UnitType: 'InstanceFleetUnits' as const,
    MinimumCapacityUnits: emr.coreInstances,
    MaximumCapacityUnits: emr.coreInstances + emr.taskInstances,
    MaximumOnDemandCapacityUnits: emr.coreInstances + FIRST_TASK_NODES,
    MaximumCoreCapacityUnits: emr.coreInstances,
  };
  return { ManagedScalingPolicy: { ComputeLimits } };
}

function tags(emr: Settings['emr'], { slot, attempt, grant, backfill }: RunContext, purpose: ClusterPurpose): Tag[] {
  const all = {
    ...emr.tags,
    'podlake:slot': slot,
    'podlake:attempt': String(attempt),
    'podlake:grant': String(grant),
    'podlake:purpose': purpose,
    ...(backfill === undefined ? {} : { 'podlake:backfill': String(backfill) }),
    // Without it the policy of EMR_DefaultRole_V2 does not allow EMR to make the instances.
    'for-use-with-amazon-emr-managed-policies': 'true',
  };
  return Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
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
