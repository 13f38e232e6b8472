import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileCatalogue } from '../catalog/compile.ts';
import { documentPages } from '../catalog/documents/pages.ts';
import { loadExternalData } from '../catalog/external-data.ts';
import { traceCatalogue } from '../catalog/lineage/compute.ts';
import { STORED_LINEAGE, storeLineage, writeLineage } from '../catalog/lineage/stored.ts';
import { readableTables } from '../catalog/lineage/tables.ts';
import { loadCatalogue } from '../catalog/load.ts';
import { grownSchema, PUBLISHED_SCHEMA, writePublishedSchema } from '../catalog/published-schema.ts';
import { pythonEnvironment } from '../infra/local/tools/python.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = join('docs', 'catalogo');

/** Computes the lineage anew and writes it and the data dictionary; with `check` only says what is not as it should be. */
export async function docs({ check = false }: { check?: boolean }): Promise<void> {
  const { python } = await pythonEnvironment((line) => console.error(line));
  const wanted = generated(python);
  const stale = [...wanted].filter(([file, text]) => readIfThere(file) !== text).map(([file]) => file);
  const orphans = filesUnder(DOCUMENTS).filter((file) => !wanted.has(file));
  if (check) {
    for (const file of [...stale, ...orphans]) console.error(`${file} is not what the catalogue gives.`);
    if (stale.length + orphans.length > 0) {
      console.error('Run "npx podlake docs" and commit what it changes.');
      process.exitCode = 1;
    }
    return;
  }
  for (const file of stale) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), wanted.get(file) ?? '');
  }
  for (const file of orphans) rmSync(join(ROOT, file));
  const changed = stale.length + orphans.length;
  console.log(
    `${wanted.size} files, ${changed === 0 ? 'all as they were' : `${changed} changed`}: ${DOCUMENTS}, catalog/${STORED_LINEAGE}, catalog/${PUBLISHED_SCHEMA}`,
  );
}

/** All generated files by their path in the clone. */
function generated(python: string): Map<string, string> {
  const loaded = loadCatalogue();
  const catalogue = compileCatalogue(loaded);
  const columns = traceCatalogue(python, catalogue);
  for (const table of Object.values(catalogue.refined)) table.lineage = columns[table.name] ?? null;
  const stored = storeLineage(columns, (name) => catalogue.refined[name]?.sql ?? '', readableTables(catalogue));
  const files = new Map([
    [join('catalog', STORED_LINEAGE), writeLineage(stored)],
    [join('catalog', PUBLISHED_SCHEMA), writePublishedSchema(grownSchema(loaded.published, catalogue))],
  ]);
  for (const [file, text] of documentPages(catalogue, loadExternalData(catalogue)))
    files.set(join(DOCUMENTS, file), text);
  return files;
}

function readIfThere(file: string): string | null {
  return existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8').replaceAll('\r\n', '\n') : null;
}

function filesUnder(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}
