import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one runner did; one that died without a report counts as a failure. */
export type Count = { name: string; passed: number; failed: number };

type Environment = Record<string, string>;

/** A check that either holds or not, such as a linter. What it prints is shown only when it fails. */
export async function check(name: string, file: string, args: string[], environment: Environment = {}): Promise<Count> {
  const { code, output } = await run(file, args, environment, false);
  if (code !== 0) console.log(output);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

export async function vitest(
  name: string,
  folders: string[],
  environment: Environment,
  scratch: string,
): Promise<Count[]> {
  const report = join(scratch, `${name.replaceAll(/\W+/g, '-')}.json`);
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...folders];
  const { code } = await run('vitest', args, environment, true);
  if (!existsSync(report)) return [{ name, passed: 0, failed: 1 }];
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  // A suite fails with its tests too, and alone when it cannot be loaded.
  const failed = numFailedTests || Math.max(numFailedTestSuites, code === 0 ? 0 : 1);
  return [{ name, passed: numPassedTests, failed }];
}

export async function pytest(
  name: string,
  python: string,
  folder: string,
  environment: Environment,
  scratch: string,
): Promise<Count[]> {
  const report = join(scratch, `${name.replaceAll(/\W+/g, '-')}.xml`);
  const { code } = await run(python, ['-m', 'pytest', '-q', `--junitxml=${report}`, folder], environment, true);
  const suite = existsSync(report) ? /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] : undefined;
  if (!suite) return [{ name, passed: 0, failed: 1 }];
  const of = (attribute: string) => Number(new RegExp(`${attribute}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  // A skipped test would be one that nobody misses: it counts as failed.
  const failed = of('errors') + of('failures') + of('skipped');
  return [{ name, passed: of('tests') - failed, failed: Math.max(failed, code === 0 ? 0 : 1) }];
}

function run(
  file: string,
  args: string[],
  environment: Environment,
  show: boolean,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (show) process.stdout.write(text);
      });
    }
    child.once('error', (error) => resolve({ code: 127, output: String(error) }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
