import { describe, expect, test } from 'vitest';
import { bucketName, ConfigProblem, configFile, parseConfig, readConfig } from '../../../workers/config.ts';

const FILE = '/etc/podlake.json';
const least = {
  region: 'sa-east-1',
  bucketPrefix: 'podbank',
  postgresUrl: 'postgres://db/podlake',
  temporal: {},
  emr: {},
  athena: {},
};

const types = (count: number) => Array.from({ length: count }, (_, index) => `r6g.${index + 1}xlarge`);

/** The message by which a configuration is turned away. */
function problem(config: unknown): string {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  try {
    parseConfig(text, FILE);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigProblem);
    return (error as Error).message;
  }
  return expect.fail('the configuration was taken');
}

describe('a configuration', () => {
  test('needs little on AWS: endpoints and credentials are the SDKs to find', () => {
    const config = parseConfig(JSON.stringify(least), FILE);
    expect(config.endpoints).toBeUndefined();
    expect(config.credentials).toBeUndefined();
    expect(config).toMatchObject({ s3PathStyle: false, temporal: { profile: 'default' }, emr: { stepConcurrency: 1 } });
    expect(bucketName(config, 'raw')).toBe('podbank-raw');
  });

  test.each([
    ['that is not JSON is said to be so', '{"region": ', ['is not JSON']],
    ['without a key names it', { ...least, region: undefined }, ['region']],
    ['with a key that nobody knows names it', { ...least, regoin: 'x' }, ['regoin']],
    [
      'with a wrong key inside a part names the path to it',
      { ...least, emr: { coreInstances: 0 } },
      ['emr.coreInstances'],
    ],
    [
      'with a cluster that idles longer than EMR lets it names the key',
      { ...least, emr: { idleTimeoutSeconds: 7 * 24 * 60 * 60 + 1 } },
      ['emr.idleTimeoutSeconds'],
    ],
    [
      'with more instance types than a fleet may have names the key',
      { ...least, emr: { taskInstanceTypes: types(31) } },
      ['emr.taskInstanceTypes'],
    ],
    [
      'with a tag that only AWS may set names it',
      { ...least, emr: { tags: { 'aws:owner': 'x' } } },
      ['emr.tags.aws:owner'],
    ],
    [
      'with a price that lacks a part names the type',
      { ...least, emr: { prices: { 'm6g.xlarge': { onDemand: 1, spot: 1 } } } },
      ['emr.prices.m6g.xlarge.emr'],
    ],
    [
      'with a prefix that no bucket may have says what it may be',
      { ...least, bucketPrefix: 'Pod_Bank' },
      ['bucketPrefix', 'lower-case'],
    ],
    [
      'with several faults names all',
      { ...least, athena: { workGroup: 1 }, postgresUrl: 2 },
      ['athena.workGroup', 'postgresUrl'],
    ],
    ['that is a list has no key to name', [], ['the file']],
  ])('%s', (_what, config, words) => {
    const message = problem(config);
    for (const word of [FILE, ...words]) expect(message).toContain(word);
  });

  test('may go to the limits that EMR sets for the idle time and the types of a fleet', () => {
    const emr = { idleTimeoutSeconds: 7 * 24 * 60 * 60, taskInstanceTypes: types(30) };
    expect(parseConfig(JSON.stringify({ ...least, emr }), FILE).emr).toMatchObject(emr);
  });

  test('has a price for every instance type that it would ask for by itself', () => {
    const { emr } = parseConfig(JSON.stringify(least), FILE);
    for (const type of [emr.primaryInstanceType, emr.coreInstanceType, ...emr.taskInstanceTypes])
      expect(emr.prices).toHaveProperty([type]);
  });

  test('that is not there says where it was looked for and how to get one', () => {
    const stack = 'a-stack-that-nobody-made';
    expect(() => readConfig(stack)).toThrow(ConfigProblem);
    expect(() => readConfig(stack)).toThrow(configFile(stack));
    expect(() => readConfig(stack)).toThrow('podlake up');
  });
});
