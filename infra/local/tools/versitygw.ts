import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installOnce, versionOfFiles } from './cache.ts';
import { mustRun, versionOf } from './command.ts';
import { pythonPackageFolder } from './python.ts';
import type { Report } from './report.ts';

const MODULE = join(import.meta.dirname, 'versitygw');
const PROGRAM = 'github.com/versity/versitygw/cmd/versitygw';
const OLDEST_GO_MINOR = 25;

/** The S3 server: `versitygw` 1.8 from PATH, else built from the module that `versitygw/go.sum` pins (one to two minutes, once). */
export async function versitygw(report: Report): Promise<string> {
  const version = await versionOf('versitygw', ['--version']);
  if (version && /v1\.8\./.test(version)) return 'versitygw';
  const folder = await installOnce('versitygw', versionOfFiles(join(MODULE, 'go.sum')), report, async (target) => {
    const go = await goProgram(report);
    const work = join(target, 'build');
    await mkdir(work, { recursive: true });
    await mustRun(
      'Building the S3 server',
      go,
      ['build', '-mod=readonly', '-trimpath', '-o', join(target, 'versitygw'), PROGRAM],
      {
        cwd: MODULE,
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
      },
    );
    await rm(work, { recursive: true, force: true });
  });
  return join(folder, 'versitygw');
}

async function goProgram(report: Report): Promise<string> {
  const version = await versionOf('go', ['env', 'GOVERSION']);
  if (version && Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0) >= OLDEST_GO_MINOR) return 'go';
  const go = join(await pythonPackageFolder('go', report), 'go', 'bin', 'go');
  await chmod(go, 0o755);
  return go;
}
