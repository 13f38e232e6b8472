import type { ExternalData } from '../external-data.ts';
import { lineageOf } from '../lineage/graph.ts';
import type { CompiledCatalogue } from '../types.ts';
import { controlPage } from './control-page.ts';
import { dataMapPage } from './data-map.ts';
import { indexPage } from './index-page.ts';
import { refinedPage } from './refined-page.ts';
import { relationsPage } from './relations.ts';
import { sourcePage } from './source-page.ts';
import { trustedPage } from './trusted-page.ts';

/** The data dictionary: the text of every page by its path under docs/catalogo. */
export function documentPages(catalogue: CompiledCatalogue, external: ExternalData): Map<string, string> {
  const lineage = lineageOf(catalogue);
  const pages = new Map<string, string>([
    ['README.md', indexPage(catalogue)],
    ['controle.md', controlPage()],
    ['relacionamentos.md', relationsPage(catalogue)],
    ['mapa-de-dados.md', dataMapPage(catalogue, lineage, external)],
  ]);
  for (const table of Object.values(catalogue.sources)) {
    pages.set(`fontes/${table.name}.md`, sourcePage(catalogue, lineage, table));
  }
  for (const table of Object.values(catalogue.trusted)) {
    pages.set(`trusted/${table.name}.md`, trustedPage(catalogue, lineage, table));
  }
  for (const table of Object.values(catalogue.refined)) {
    pages.set(`refined/${table.name}.md`, refinedPage(catalogue, lineage, table));
  }
  return pages;
}
