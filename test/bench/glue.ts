// What it costs that Glue's state is on disk: saving, answering, starting, each against its bare parts in the same run.
// Run: npm run bench:glue [-- --json] [-- --saves 300 --requests 300 --starts 5]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../../infra/local/tools/python.ts';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { python } = await pythonEnvironment(console.error);
const { status, error } = spawnSync(python, [place('glue'), ...process.argv.slice(2)], {
  env: { ...process.env, PYTHONPATH: place('../../infra/local/aws') },
  stdio: 'inherit',
});
if (error) throw error;
process.exitCode = status ?? 1;
