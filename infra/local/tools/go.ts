import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installOnce, versionOfFiles } from './cache.ts';
import { mustRun, versionOf } from './command.ts';
import { pythonPackageFolder } from './python.ts';
import { MachineProblem, type Report } from './report.ts';

const OLDEST_GO_MINOR = 25;

/** A text of a file of a module that is built otherwise than released; it must be there exactly once. */
type Patch = { file: string; found: string; replacement: string };
export type ModulePatch = { of: string; patches: Patch[] };

/** What a built program depends on, as a short name; `sources` are files of the module. */
export const versionOfBuild = (module: string, sources: string[]) =>
  versionOfFiles(...sources.map((file) => join(module, file)));

/** A program built from the Go module in `module`, once for what its files say; `what` names it to a person who waits. */
export async function goBuild(
  options: { name: string; what: string; module: string; sources: string[]; program: string; patch?: ModulePatch },
  report: Report,
): Promise<string> {
  const { name, what, module, sources, program, patch } = options;
  const version = versionOfBuild(module, sources);
  const folder = await installOnce(
    name,
    version,
    report,
    async (target) => {
      const go = await goProgram(report);
      const work = join(target, 'build');
      await mkdir(work, { recursive: true });
      const command = {
        cwd: module,
        // Caches inside the folder, writable, so that all of it can be removed and nothing of the user's is touched.
        env: {
          ...process.env,
          GOFLAGS: '-modcacherw',
          GOTOOLCHAIN: 'local',
          GOWORK: 'off',
          GOPATH: join(work, 'path'),
          GOCACHE: join(work, 'cache'),
          CGO_ENABLED: '0',
        },
        remedy: 'Check that this machine reaches a Go module proxy (GOPROXY), and repeat.',
      };
      const call = (args: string[]) => mustRun(`Building ${what}`, go, args, command);
      const modfile = patch ? await patched({ module, ...patch }, work, call) : join(module, 'go.mod');
      const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', `-modfile=${modfile}`];
      await call(['build', ...flags, '-o', join(target, name), program]);
      await rm(work, { recursive: true, force: true });
    },
    [name],
  );
  return join(folder, name);
}

/** A copy of the module with the patches, and a `go.mod` that names it: Go builds from no changed file of its own cache. */
async function patched(
  { module, of, patches }: { module: string; of: string; patches: Patch[] },
  work: string,
  call: (args: string[]) => Promise<string>,
): Promise<string> {
  await call(['mod', 'download', of]);
  const copy = join(work, 'patched');
  await cp((await call(['list', '-m', '-f', '{{.Dir}}', of])).trim(), copy, { recursive: true });
  for (const { file, found, replacement } of patches) {
    const parts = (await readFile(join(copy, file), 'utf8')).split(found);
    if (parts.length !== 2) {
      throw new MachineProblem(
        `${of} cannot be built with our change: "${found}" is ${parts.length - 1} times in ${file}, not once. Look at what its new version does there, and bring the change up to date.`,
      );
    }
    await writeFile(join(copy, file), parts.join(replacement));
  }
  const mod = join(work, 'go.mod');
  await writeFile(mod, `${await readFile(join(module, 'go.mod'), 'utf8')}\nreplace ${of} => ${copy}\n`);
  await copyFile(join(module, 'go.sum'), join(work, 'go.sum'));
  return mod;
}

async function goProgram(report: Report): Promise<string> {
  const version = await versionOf('go', ['env', 'GOVERSION']);
  if (version && Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0) >= OLDEST_GO_MINOR) return 'go';
  const go = join(await pythonPackageFolder('go', report, ['go/bin/go']), 'go', 'bin', 'go');
  await chmod(go, 0o755);
  return go;
}
