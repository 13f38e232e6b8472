import * as control from '../control-db/queries/maintenance.ts';
import { bases, publishedSlots } from '../control-db/queries/publications.ts';
import type { MaintenanceManifest, MaintenanceTask as TableWork } from '../spark/contract/manifest.ts';
import type { MaintenanceMetrics } from '../spark/contract/metrics.ts';
import { PLAY_BACKFILL_TYPE, REBUILD_VERIFY_TYPE } from '../workflows/names.ts';
import { instantOf, slotOf, tagOf } from '../workflows/slot.ts';
import type { LakeActivities, RunContext, Slot, TableTask } from '../workflows/types.ts';
import { ownerlessBranches, type References, tableReferences } from './branches.ts';
import type { Lake } from './context.ts';
import { final } from './failures.ts';
import { anyRunning } from './owners.ts';
import { bucket, getJson, putJson, tableLocations } from './places.ts';
import { keptSlots, neededSlots } from './retention.ts';

const DAY = 86_400_000;
/** A snapshot without a name is kept so long: a reader in Athena may have begun on it. */
const SNAPSHOT_DAYS = 3;
/** A file that no snapshot names may be one of a writer that has not committed yet; no step may last half as long. */
const ORPHAN_DAYS = 7;
/** These read snapshots of the past without holding the lake, and have pinned them before this began. */
const READERS_OF_THE_PAST = [REBUILD_VERIFY_TYPE, PLAY_BACKFILL_TYPE];
const TAG = /^slot_(\d{8}T\d{6}Z)$/;

/** The part of maintenance that writes tables: what is to be done is decided here, and done by the Spark step. */
export function maintenanceActivities(
  lake: Lake,
): Pick<
  LakeActivities,
  'refreshCalendar' | 'openMaintenance' | 'writeMaintenanceManifest' | 'recordMaintenance' | 'closeMaintenance'
> {
  const { database } = lake;
  return {
    async refreshCalendar() {
      return { changes: await lake.refreshCalendar() };
    },

    async openMaintenance({ slot, tasks, workflowId, runId }) {
      const { maintenance, grant, newestRun, cut } = await control.openMaintenance(
        database,
        { workflowId, runId },
        tasks,
      );
      // Its number stands where a run has its attempt: cluster, step and folder are named by it.
      const context: RunContext | null =
        newestRun === null ? null : { run: newestRun, slot, attempt: maintenance, grant, kind: 'manual' };
      if (!context) await control.closeMaintenance(database, maintenance, 'there was no run yet');
      return { context, cut };
    },

    async writeMaintenanceManifest({ context, tasks }) {
      const references = await tableReferences(lake);
      const notes: string[] = [];
      const expiry = tasks.includes('expire') ? await planExpiry(lake, references, notes) : null;
      const tables = await tableWork(lake, references, tasks, expiry);
      const manifest = `${folderOf(lake, context)}/manifest.json`;
      if (tables.length === 0) return { manifest: null, notes };
      await putJson(lake.s3, manifest, manifestOf(lake, context, tables));
      return { manifest, notes };
    },

    async recordMaintenance({ context, manifest }) {
      const metrics = await getJson<MaintenanceMetrics>(lake.s3, `${folderOf(lake, context)}/metrics.json`);
      if (!metrics) throw final('StepFailed', `The step of ${manifest} ended well, but left no metrics beside it`);
      const compactions = metrics.tables.flatMap(({ table, compaction }) =>
        compaction ? [{ table, ...compaction }] : [],
      );
      await control.recordCompactions(database, context.attempt, compactions);
      return { done: sentences(metrics) };
    },

    async closeMaintenance({ context, message }) {
      await control.closeMaintenance(database, context.attempt, message);
    },
  };
}

const folderOf = ({ settings }: Lake, { attempt }: RunContext) =>
  `s3://${bucket(settings.bucketPrefix, 'controle')}/maintenance/${attempt}`;

/** By table the tags that go. */
type Expiry = Map<string, string[]>;

/**
 * Which tags go, so that their snapshots can. The slots are noted as expired before readers of the past are looked for: one
 * that begins after the note does not choose them, one that began before it is seen here, and nothing is taken from it.
 */
async function planExpiry(lake: Lake, references: References[], notes: string[]): Promise<Expiry | null> {
  const published = (await publishedSlots(lake.database)).map(slotOf);
  const kept = keptSlots(published);
  const expired = published.filter((slot) => !kept.has(slot));
  await control.expireSlots(
    lake.database,
    expired.map((slot) => new Date(instantOf(slot))),
  );
  const reader = await anyRunning(READERS_OF_THE_PAST);
  if (reader) {
    notes.push(`${reader} reads snapshots of the past: none expires this time`);
    return null;
  }
  const dropped = references.map(({ table, tags }): [string, string[]] => {
    const tagged = tags.flatMap((tag) => TAG.exec(tag)?.[1] ?? []);
    const needed: Set<Slot> = neededSlots(tagged, kept);
    return [table, tagged.filter((slot) => !needed.has(slot)).map(tagOf)];
  });
  return new Map(dropped);
}

async function tableWork(
  lake: Lake,
  references: References[],
  tasks: TableTask[],
  expiry: Expiry | null,
): Promise<TableWork[]> {
  const base = await bases(lake.database);
  const branches = Map.groupBy(
    tasks.includes('branches') ? await ownerlessBranches(lake, references) : [],
    ({ table }) => table,
  );
  const before = (days: number) => new Date(Date.now() - days * DAY).toISOString();
  const weekly = tasks.some((task) => task !== 'branches');
  const tables = references.map(({ table }) => table).filter((table) => weekly || branches.has(table));
  return tables.map((table) => ({
    table,
    dropBranches: (branches.get(table) ?? []).map(({ branch }) => branch),
    // Of quarantine, which is no publication's, there is none.
    compactFrom: tasks.includes('compact') ? (base.get(table) ?? null) : null,
    dropTags: expiry?.get(table) ?? [],
    expireBefore: expiry ? before(SNAPSHOT_DAYS) : null,
    orphansBefore: tasks.includes('orphans') ? before(ORPHAN_DAYS) : null,
  }));
}

function manifestOf(lake: Lake, context: RunContext, tables: TableWork[]): MaintenanceManifest {
  const folder = folderOf(lake, context);
  return {
    format: 1,
    slot: context.slot,
    slotInstant: instantOf(context.slot),
    attempt: context.attempt,
    grant: context.grant,
    layer: 'maintenance',
    catalogue: lake.artifacts.catalogue,
    branch: 'main',
    metrics: `${folder}/metrics.json`,
    progress: `${folder}/progress.json`,
    locations: tableLocations(lake.settings.bucketPrefix),
    tables,
  };
}

/** What was done to all tables together; what was done to none is left out. */
function sentences({ tables }: MaintenanceMetrics): string[] {
  const compactions = tables.flatMap(({ compaction }) => compaction ?? []);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const [filesBefore, filesAfter] = [
    compactions.map((one) => one.filesBefore),
    compactions.map((one) => one.filesAfter),
  ];
  const of = (figure: 'droppedBranches' | 'droppedTags' | 'expiredSnapshots' | 'orphanFiles') =>
    sum(tables.map((table) => table[figure]));
  const counted: [number, string][] = [
    [of('droppedBranches'), 'branches dropped'],
    [compactions.length, `tables compacted, from ${sum(filesBefore)} files to ${sum(filesAfter)}`],
    [of('droppedTags'), 'tags dropped'],
    [of('expiredSnapshots'), 'snapshots expired'],
    [of('orphanFiles'), 'orphan files deleted'],
  ];
  const told = counted.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  return told.length > 0 ? told : ['no table needed anything'];
}
