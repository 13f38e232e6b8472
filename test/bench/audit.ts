// What the audit of a trusted table costs beside the load that it audits. bureau_balance, with the catalogue's own checks.
// Run: npm run bench:audit [-- --rows 30000000] [-- --json]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileCatalogue } from '../../catalog/compile.ts';
import { loadCatalogue } from '../../catalog/load.ts';
import { installTools } from '../../infra/local/tools/index.ts';

const tools = await installTools(console.error);
const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { status, error } = spawnSync(tools.python, [place('audit'), ...process.argv.slice(2)], {
  env: {
    ...process.env,
    JAVA_HOME: tools.javaHome,
    PODLAKE_JARS: tools.jars.join(','),
    PYSPARK_PYTHON: tools.python,
    PYTHONPATH: `${place('../../spark')}:${place('../../spark/tests')}`,
  },
  input: JSON.stringify(compileCatalogue(loadCatalogue())),
  stdio: ['pipe', 'inherit', 'inherit'],
});
if (error) throw error;
process.exitCode = status ?? 1;
