import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PROGRAMS = join(ROOT, 'node_modules', '.bin');

/** What workflow code must not do, one a line, with the words by which the lint tells it. */
const FORBIDDEN: [code: string, told: RegExp][] = [
  ['Math.random()', /Randomness/],
  ['[1].map(Math.random)', /Randomness/],
  ['crypto.randomUUID()', /crypto/],
  ['Date.now()', /clock/],
  ['new Date()', /clock/],
  ['Date()', /clock/],
  ['performance.now()', /performance/],
  ['process.env', /process/],
  ['globalThis.process', /globalThis/],
  ['new Date(0).getHours()', /time zone/],
  ['new Date(0).toLocaleDateString()', /time zone/],
  ['"a".localeCompare("b")', /language/],
  ['new Intl.NumberFormat()', /Intl/],
  ['fetch("http://example.com")', /fetch/],
  ['require("fs")', /require/],
  ['console.log(1)', /console/],
  ['setTimeout(() => undefined, 1)', /setTimeout/],
  ['setInterval(() => undefined, 1)', /setInterval/],
  ['new WeakRef({})', /WeakRef/],
];
const ALLOWED = [
  'new Date(0)',
  'Date.UTC(2026, 0)',
  'new Date(0).toISOString()',
  'Math.max(1, 2)',
  '[2, 1].indexOf(1)',
];

/** Dependency-cruiser tells modules of Node without `node:`. */
const IMPORTS = ['node:fs', 'timers', 'node:crypto', 'node:http', 'pg', '@temporalio/client', '@temporalio/activity'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deterministic-'));
  for (const file of ['biome.json', '.dependency-cruiser.cjs', 'workflows', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'workers'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the lint says of each line of `file`. Files of today lie beside it, and are looked at as well. */
function lint(file: string, lines: string[]): { file: string; line: number; said: string }[] {
  writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
  const args = ['lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none', 'workflows', 'workers'];
  const { stdout, status, stderr } = spawnSync(join(PROGRAMS, 'biome'), args, { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).not.toBeNull();
  rmSync(join(folder, file));
  return [...stdout.matchAll(/^::error .*?file=([^,]+),line=(\d+),.*?::(.*)$/gm)].map(([, path, line, said]) => ({
    file: String(path).replace(`${folder}/`, ''),
    line: Number(line),
    said: String(said),
  }));
}

const exported = (code: string, index: number) => `export const v${index} = () => ${code};`;

test('the lint names clock, randomness, environment and I/O in a workflow file, each at its line, and nothing else', () => {
  const said = lint('workflows/probe.ts', [...FORBIDDEN.map(([code]) => code), ...ALLOWED].map(exported));
  const missed = FORBIDDEN.filter(
    ([, told], index) => !said.some((one) => one.line === index + 1 && told.test(one.said)),
  );
  expect(missed.map(([code]) => code)).toEqual([]);
  expect(said.filter(({ file, line }) => file !== 'workflows/probe.ts' || line > FORBIDDEN.length)).toEqual([]);
});

test('the lint leaves files of other rooms alone', () => {
  expect(lint('workers/probe.ts', ['export const now = () => [Date.now(), Math.random(), process.env];'])).toEqual([]);
});

test('an import of a Node module or a package that is not the SDK of workflows is caught in a workflow file', () => {
  const probe = join(folder, 'workflows', 'probe.ts');
  const lines = IMPORTS.map(
    (name, index) => `import * as m${index} from '${name}';\nexport const t${index}: unknown = m${index};`,
  );
  writeFileSync(probe, `import { sleep } from '@temporalio/workflow';\nexport { sleep };\n${lines.join('\n')}\n`);
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'workflows'];
  const { stdout } = spawnSync(join(PROGRAMS, 'depcruise'), args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 });
  rmSync(probe);
  type Violation = { from: string; unresolvedTo?: string; to: string; rule: { name: string } };
  const violations: Violation[] = JSON.parse(stdout).summary.violations;
  expect(
    violations.every(({ from, rule }) => from === 'workflows/probe.ts' && rule.name === 'workflows-are-deterministic'),
  ).toBe(true);
  const found = violations.map(({ unresolvedTo, to }) => unresolvedTo ?? to).sort();
  expect(found).toEqual(IMPORTS.map((name) => name.replace('node:', '')).sort());
});
