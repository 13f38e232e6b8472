import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeConfig } from '../../../infra/local/stack/config.ts';
import { parseConfig } from '../../../workers/config.ts';

const PORTS = { s3: 1, aws: 2, postgres: 3, temporal: 4, temporalUi: 5 };

describe('the configuration of a local stack', () => {
  let folder: string;
  const file = () => join(folder, 'config.json');
  const read = () => parseConfig(readFileSync(file(), 'utf8'), file());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
    writeConfig(folder, PORTS, '127.0.0.1:6');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps at the next start what a person set, and takes the new addresses', () => {
    const alerts = { webhookUrl: 'http://127.0.0.1:7/', silentSlots: 4 };
    const set = { ...JSON.parse(readFileSync(file(), 'utf8')), alerts, log: { level: 'DEBUG' } };
    writeFileSync(file(), JSON.stringify(set));

    writeConfig(folder, { ...PORTS, s3: 8 }, '127.0.0.1:9');

    expect(read()).toMatchObject({
      alerts,
      log: { level: 'DEBUG' },
      endpoints: { s3: 'http://127.0.0.1:8' },
      metrics: { prometheusAddress: '127.0.0.1:9' },
    });
  });

  it('that is no JSON any more is not thrown away: the start fails and names it', () => {
    writeFileSync(file(), '{ "alerts": }');
    expect(() => writeConfig(folder, PORTS, '127.0.0.1:6')).toThrow(`${file()} is no JSON`);
  });
});
