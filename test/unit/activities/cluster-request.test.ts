import { describe, expect, test } from 'vitest';
import { clusterRequest } from '../../../activities/cluster-request.ts';
import { context, settings } from './settings.ts';

const request = clusterRequest(settings, 'podlake 20260105T090000Z attempt 2', context, 'run');
const sparkDefaults = (from = request) =>
  from.Configurations?.find(({ Classification }) => Classification === 'spark-defaults')?.Properties;

describe('the cluster of a run', () => {
  test('ends itself when idle, and may be ended by anyone who finds it', () => {
    expect(request.AutoTerminationPolicy).toEqual({ IdleTimeout: 900 });
    expect(request.Instances).toMatchObject({ KeepJobFlowAliveWhenNoSteps: true, TerminationProtected: false });
  });

  test('takes one step at a time', () => {
    expect(request.StepConcurrencyLevel).toBe(1);
  });

  test('says by its tags for what it works, and carries those of the bill', () => {
    const emr = { ...settings.emr, tags: { 'cost-center': '4711' } };
    const own = clusterRequest({ ...settings, emr }, 'x', context, 'run');
    expect(Object.fromEntries((own.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual({
      'podlake:slot': '20260105T090000Z',
      'podlake:attempt': '2',
      'podlake:grant': '17',
      'podlake:purpose': 'run',
      'cost-center': '4711',
      'for-use-with-amazon-emr-managed-policies': 'true',
    });
  });

  test('of a backfill names it', () => {
    const own = clusterRequest(settings, 'x', { ...context, grant: 0, backfill: 12 }, 'backfill');
    expect(own.Tags).toContainEqual({ Key: 'podlake:backfill', Value: '12' });
    expect(own.Tags).toContainEqual({ Key: 'podlake:purpose', Value: 'backfill' });
  });

  test('keeps its logs in controle', () => {
    expect(request.LogUri).toBe('s3://lake-controle/logs/emr/');
  });

  const fleets = (from: typeof request) =>
    (from.Instances?.InstanceFleets ?? []).map((fleet) => [
      fleet.InstanceFleetType,
      fleet.TargetOnDemandCapacity ?? 0,
      fleet.TargetSpotCapacity ?? 0,
      fleet.InstanceTypeConfigs?.map(({ InstanceType }) => InstanceType),
    ]);

  test('keeps on demand what must not be lost, and takes task nodes from whatever spot market has them', () => {
    expect(fleets(request)).toEqual([
      ['MASTER', 1, 0, ['m6g.xlarge']],
      ['CORE', 2, 0, ['r6g.2xlarge']],
      ['TASK', 0, 1, ['r6g.2xlarge', 'r7g.2xlarge']],
    ]);
    const task = request.Instances?.InstanceFleets?.[2]?.LaunchSpecifications;
    expect(task?.SpotSpecification).toEqual({
      AllocationStrategy: 'price-capacity-optimized',
      TimeoutDurationMinutes: 10,
      TimeoutAction: 'SWITCH_TO_ON_DEMAND',
    });
  });

  test('grows by task nodes alone, up to the limit, and on demand only by what spot did not give at the start', () => {
    expect(request.ManagedScalingPolicy?.ComputeLimits).toEqual({
      UnitType: 'InstanceFleetUnits',
      MinimumCapacityUnits: 2,
      MaximumCapacityUnits: 8,
      MaximumOnDemandCapacityUnits: 3,
      MaximumCoreCapacityUnits: 2,
    });
  });

  test('without task nodes has a fixed size', () => {
    const emr = { ...settings.emr, taskInstances: 0 };
    const fixed = clusterRequest({ ...settings, emr }, 'x', context, 'run');
    expect(fleets(fixed).map(([type]) => type)).toEqual(['MASTER', 'CORE']);
    expect(fixed.ManagedScalingPolicy).toBeUndefined();
  });

  test('that only completes a publication is one machine', () => {
    const small = clusterRequest(settings, 'small', context, 'publish');
    expect(fleets(small)).toEqual([['MASTER', 1, 0, ['m6g.xlarge']]]);
    expect(small.ManagedScalingPolicy).toBeUndefined();
  });

  test('is in subnets, encrypted and with encrypted logs only if the configuration says in which and how', () => {
    expect(request.Instances).not.toHaveProperty('Ec2SubnetIds');
    expect(request).not.toHaveProperty('SecurityConfiguration');
    expect(request).not.toHaveProperty('LogEncryptionKmsKeyId');
    const more = { subnetIds: ['subnet-1', 'subnet-2'], securityConfiguration: 'lake', logEncryptionKmsKeyId: 'key' };
    const own = clusterRequest({ ...settings, emr: { ...settings.emr, ...more } }, 'x', context, 'run');
    expect(own).toMatchObject({ SecurityConfiguration: 'lake', LogEncryptionKmsKeyId: 'key' });
    expect(own.Instances?.Ec2SubnetIds).toEqual(['subnet-1', 'subnet-2']);
  });

  test('reckons in UTC and reads the lake through Glue, whatever else the configuration adds', () => {
    const lake = { 'spark.sql.session.timeZone': 'UTC', 'spark.sql.catalog.lake.type': 'glue' };
    expect(sparkDefaults()).toMatchObject(lake);
    const emr = { ...settings.emr, sparkDefaults: { 'spark.executor.memory': '20g' } };
    const more = clusterRequest({ ...settings, emr }, 'x', context, 'run');
    expect(sparkDefaults(more)).toMatchObject({ ...lake, 'spark.executor.memory': '20g' });
  });
});
