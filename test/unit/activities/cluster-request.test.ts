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

  test('says by its tags which slot, attempt and grant it works for', () => {
    const tags = Object.fromEntries((request.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    expect(tags).toEqual({ 'podlake:slot': '20260105T090000Z', 'podlake:attempt': '2', 'podlake:grant': '17' });
  });

  test('keeps its logs in controle', () => {
    expect(request.LogUri).toBe('s3://lake-controle/logs/emr/');
  });

  test('has core nodes for a run, none for completing a publication', () => {
    const groups = (from: typeof request) =>
      from.Instances?.InstanceGroups?.map(({ InstanceRole, InstanceCount }) => [InstanceRole, InstanceCount]);
    expect(groups(request)).toEqual([
      ['MASTER', 1],
      ['CORE', 2],
    ]);
    expect(groups(clusterRequest(settings, 'small', context, 'publish'))).toEqual([['MASTER', 1]]);
  });

  test('is in a subnet only if one is given', () => {
    expect(request.Instances).not.toHaveProperty('Ec2SubnetId');
    const emr = { ...settings.emr, subnetId: 'subnet-1' };
    expect(clusterRequest({ ...settings, emr }, 'x', context, 'run').Instances?.Ec2SubnetId).toBe('subnet-1');
  });

  test('reckons in UTC and reads the lake through Glue, whatever else the configuration adds', () => {
    const lake = { 'spark.sql.session.timeZone': 'UTC', 'spark.sql.catalog.lake.type': 'glue' };
    expect(sparkDefaults()).toMatchObject(lake);
    const emr = { ...settings.emr, sparkDefaults: { 'spark.executor.memory': '20g' } };
    const more = clusterRequest({ ...settings, emr }, 'x', context, 'run');
    expect(sparkDefaults(more)).toMatchObject({ ...lake, 'spark.executor.memory': '20g' });
  });
});
