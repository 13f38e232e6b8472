import { GetTablesCommand, type Table } from '@aws-sdk/client-glue';
import { isSwitching, ownerOfSlotsBranch } from '../control-db/queries/maintenance.ts';
import { backfillId } from '../workflows/names.ts';
import { instantOf } from '../workflows/slot.ts';
import type { Lake } from './context.ts';
import { isRunning } from './owners.ts';
import { getJson } from './places.ts';

/** The branches and tags of one table, as its newest metadata has them. */
export type References = { table: string; branches: string[]; tags: string[] };

type Metadata = { refs?: Record<string, { type: 'branch' | 'tag' }> };

/**
 * The references of all Iceberg tables, those of quarantine too: from Glue's pointer and the metadata that it names, so that no
 * cluster is needed to look. Only names are read: the numbers of snapshots are more than a number of JavaScript holds.
 */
export async function tableReferences(lake: Lake): Promise<References[]> {
  const found: References[] = [];
  for (const database of ['trusted', 'refined', 'controle']) {
    for (const { Name, Parameters } of await tablesOf(lake, database)) {
      const metadata = await getJson<Metadata>(lake.s3, Parameters?.['metadata_location'] ?? '');
      const names = Object.entries(metadata?.refs ?? {});
      const of = (type: 'branch' | 'tag') => names.filter(([, ref]) => ref.type === type).map(([name]) => name);
      found.push({ table: `${database}.${Name}`, branches: of('branch'), tags: of('tag') });
    }
  }
  return found;
}

async function tablesOf({ glue }: Lake, DatabaseName: string): Promise<Table[]> {
  const found: Table[] = [];
  let NextToken: string | undefined;
  do {
    const page = await glue.send(new GetTablesCommand({ DatabaseName, NextToken })).catch((error: Error) => {
      if (error.name === 'EntityNotFoundException') return { TableList: [], NextToken: undefined };
      throw error;
    });
    found.push(...(page.TableList ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found.filter(({ Parameters }) => Parameters?.['metadata_location']);
}

/** Branches whose run is closed without a plan, or whose backfill no longer runs. What is none of ours is left alone. */
export async function ownerlessBranches(
  lake: Lake,
  references?: References[],
): Promise<{ table: string; branch: string }[]> {
  const all = (references ?? (await tableReferences(lake))).flatMap(({ table, branches }) =>
    branches.map((branch) => ({ table, branch })),
  );
  const verdicts = new Map<string, boolean>();
  for (const branch of new Set(all.map((one) => one.branch))) verdicts.set(branch, await isOwnerless(lake, branch));
  return all.filter(({ branch }) => verdicts.get(branch));
}

async function isOwnerless(lake: Lake, branch: string): Promise<boolean> {
  const [, slot] = /^run_(\d{8}T\d{6}Z)$/.exec(branch) ?? [];
  if (slot) {
    const owner = await ownerOfSlotsBranch(lake.database, instantOf(slot));
    return owner === null || !(owner.planned || (await isRunning(owner.workflowId, owner.runId)));
  }
  const [, backfill] = /^backfill_(\d+)$/.exec(branch) ?? [];
  if (backfill === undefined || (await isSwitching(lake.database, Number(backfill)))) return false;
  return !(await isRunning(backfillId(backfill)));
}
