import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFromFile } from 'json-schema-to-typescript';

/** Writes the TypeScript types of the contract's schemas; with `--check` it only says whether they are as they should be. */
const checking = process.argv.includes('--check');
const stale: string[] = [];
for (const name of ['manifest', 'metrics', 'progress']) {
  const types = await compileFromFile(join(import.meta.dirname, `${name}.schema.json`), {
    bannerComment: `/** Generated from ${name}.schema.json by "npm run contract:generate"; change the schema, not this file. */`,
    additionalProperties: false,
    style: { printWidth: 120, singleQuote: true },
  });
  const file = join(import.meta.dirname, `${name}.ts`);
  if (!checking) writeFileSync(file, types);
  else if (readFileSync(file, 'utf8') !== types) stale.push(`${name}.ts`);
}
if (stale.length > 0) {
  console.error(`${stale.join(', ')} in spark/contract do not fit their schemas. Run "npm run contract:generate".`);
  process.exitCode = 1;
}
