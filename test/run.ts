import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installTools } from '../infra/local/tools/index.ts';
import { temporalTestServer } from '../infra/local/tools/temporal.ts';
import { type Count, check, pytest, vitest } from './runners.ts';

/**
 * The whole test command: installs what is missing, runs every kind of test and ends with one line that adds them up. With
 * arguments only the named groups run: `npm test -- unit spark`.
 */
const GROUPS = {
  static: async () => [
    await check('format and lint of TypeScript', 'biome', ['check', '--error-on-warnings']),
    await check('types', 'tsc', ['--noEmit']),
    await check('imports between the rooms', 'depcruise', ['--config', '.dependency-cruiser.cjs', ...ROOMS]),
    await check('generated types of the contract', 'node', ['spark/contract/generate.ts', '--check']),
    await check('lineage and data dictionary of the catalogue', 'node', ['cli/podlake.js', 'docs', '--check']),
    await check('lint of Python', tools.python, ['-m', 'ruff', 'check', '.']),
    await check('format of Python', tools.python, ['-m', 'ruff', 'format', '--check', '.']),
    await check('imports of the Spark jobs and of the AWS endpoints', join(dirname(tools.python), 'lint-imports'), [], {
      PYTHONPATH: 'spark:infra/local/aws',
    }),
  ],
  unit: () => vitest('unit, workflow and replay', ['test/unit', 'test/workflow', 'test/replay'], environment, scratch),
  spark: () => pytest('Spark jobs', tools.python, 'spark/tests', environment, scratch),
  aws: () => pytest('AWS endpoints', tools.python, 'infra/local/aws/tests', environment, scratch),
  compose: () => vitest('Docker files', ['test/compose'], environment, scratch),
  property: () => vitest('random deliveries', ['test/property'], environment, scratch),
  integration: () => vitest('integration', ['test/integration'], environment, scratch),
  faults: () => vitest('faults of a machine', ['test/faults/machine'], environment, scratch),
  kill: () => vitest('killed processes', ['test/faults/kill'], environment, scratch),
} satisfies Record<string, () => Promise<Count[]>>;

const ROOMS = ['activities', 'catalog', 'cli', 'control-db', 'infra', 'spark', 'workers', 'workflows'];
const scratch = mkdtempSync(join(tmpdir(), 'podlake-test-'));
const tools = await installTools((line) => console.log(line));
const environment = {
  PODLAKE_PYTHON_ENVIRONMENT: tools.python,
  PODLAKE_SPARK_HOME: tools.sparkHome,
  PODLAKE_JAVA_HOME: tools.javaHome,
  PODLAKE_JARS: tools.jars.join(':'),
  PODLAKE_VERSITYGW: tools.versitygw,
  PODLAKE_TEMPORAL: tools.temporal,
  PODLAKE_TEMPORAL_TEST_SERVER: await temporalTestServer((line) => console.log(line)),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in GROUPS));
if (unknown.length > 0) {
  console.error(`There is no group of tests "${unknown[0]}"; there are: ${Object.keys(GROUPS).join(', ')}.`);
  process.exit(2);
}
const wanted = (name: keyof typeof GROUPS) => asked.length === 0 || asked.includes(name);
const counts: Count[] = [];
const group = async (name: keyof typeof GROUPS) => {
  if (wanted(name)) counts.push(...(await GROUPS[name]()));
};

// Two cores: two rows of groups side by side, of which none waits for the other; the whole stack alone.
const oneAfterTheOther = async (...names: (keyof typeof GROUPS)[]) => {
  for (const name of names) await group(name);
};
await group('static');
await Promise.all([oneAfterTheOther('spark', 'aws'), oneAfterTheOther('unit', 'property', 'faults')]);
await group('compose');
await group('integration');
await group('kill');
rmSync(scratch, { recursive: true, force: true });

console.log('');
for (const { name, passed, failed } of counts)
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${name}: ${passed} passed, ${failed} failed`);
const sum = (of: 'passed' | 'failed') => counts.reduce((total, count) => total + count[of], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
