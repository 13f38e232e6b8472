import { after, type History, type PublishedSlot, publishedHistory } from '../control-db/queries/history.ts';
import { expiredSlots } from '../control-db/queries/maintenance.ts';
import type { RebuildManifest, RebuildTask, RebuiltSlot, RefinedManifest } from '../spark/contract/manifest.ts';
import type { RebuildMetrics } from '../spark/contract/metrics.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type { Comparison, LakeActivities, RunContext } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { final } from './failures.ts';
import { bucket, getJson, putJson, stepFolder, tableLocations } from './places.ts';
import { lastAndSome } from './sample.ts';

/** How many slots beside the last one have their indicators computed anew, unless all are asked for. */
const SAMPLED_SLOTS = 3;

/**
 * Whether what is published is what raw gives. Everything is pinned to the snapshots of completed publications, read in one
 * transaction: no right to write the lake is needed, and a run that publishes meanwhile changes nothing of it.
 */
export function rebuildActivities(lake: Lake): Pick<LakeActivities, 'writeRebuildManifest' | 'readComparisons'> {
  return {
    async writeRebuildManifest({ id, all, seed }) {
      const history = await publishedHistory(lake.database);
      const { slots } = history;
      const newest = slots.at(-1);
      if (!newest) throw final('BadRequest', 'Nothing is published yet, so that there is nothing to verify.');
      const context = contextOf(newest);
      const { bucketPrefix } = lake.settings;
      const folder = `s3://${bucket(bucketPrefix, 'controle')}/rebuild/${id}`;
      const readable = await readableSlots(lake, slots);
      const rebuilt = lastAndSome(readable, all ? readable.length : SAMPLED_SLOTS, seed);
      const content: RebuildManifest = {
        format: 1,
        slot: context.slot,
        slotInstant: instantOf(context.slot),
        attempt: context.attempt,
        grant: context.grant,
        layer: 'rebuild',
        catalogue: lake.artifacts.catalogue,
        branch: 'main',
        metrics: `${folder}/metrics.json`,
        progress: `${folder}/progress.json`,
        locations: tableLocations(bucketPrefix),
        publication: newest.publication,
        tables: [...trustedTasks(lake, history), ...(await refinedTasks(lake, history, rebuilt))],
        slots: await pinned(lake, history, rebuilt),
      };
      const manifest = `${folder}/manifest.json`;
      await putJson(lake.s3, manifest, content);
      return {
        ...{ context, manifest, slots: rebuilt.map(({ slot }) => slotOf(slot)) },
        expired: slots.length - readable.length,
      };
    },

    async readComparisons({ manifest }) {
      const metricsUri = manifest.replace(/manifest\.json$/, 'metrics.json');
      const metrics = await getJson<RebuildMetrics>(lake.s3, metricsUri);
      if (!metrics) throw final('StepFailed', `The step ended well, but ${metricsUri} is not there`);
      return { metricsUri, comparisons: byTable(metrics) };
    },
  };
}

/** Slots whose indicators can be computed anew, as trusted can still be read as of them. */
async function readableSlots(lake: Lake, slots: PublishedSlot[]): Promise<PublishedSlot[]> {
  const expired = new Set((await expiredSlots(lake.database)).map((slot) => slot.getTime()));
  return slots.filter(({ slot }) => !expired.has(slot.getTime()));
}

const contextOf = ({ run, slot, attempt, grant }: PublishedSlot): RunContext => ({
  ...{ run, slot: slotOf(slot), attempt, grant },
  kind: 'manual',
});

function trustedTasks(lake: Lake, { current, rawFiles }: History): RebuildTask[] {
  return Object.values(lake.catalogue.trusted).flatMap(({ name, source }) => {
    const table = `trusted.${name}`;
    const snapshot = current.get(table);
    const files = rawFiles.get(source);
    if (!snapshot && !files) return [];
    if (!snapshot || !files)
      throw final('Bug', `${table} has ${files ? 'raw files, but no publication' : 'a publication, but no raw files'}`);
    return [{ table, name, snapshot, rawFiles: files }];
  });
}

/** An indicator of a slot is held against the SQL by which it was computed last, which a backfill may have done. */
async function refinedTasks(lake: Lake, { current }: History, rebuilt: PublishedSlot[]): Promise<RebuildTask[]> {
  const tasks = rebuilt.flatMap((published) =>
    refinedNames(published.snapshots).map(async (name) => ({
      table: `refined.${name} at ${slotOf(published.slot)}`,
      name,
      snapshot: current.get(`refined.${name}_dados`) ?? '',
      slot: slotOf(published.slot),
      catalogue: await catalogueOf(lake, published, published.attempts[name]),
    })),
  );
  return Promise.all(tasks);
}

const refinedNames = (snapshots: Record<string, string>) => Object.keys(only('refined', snapshots)).sort();

/**
 * What each slot read: trusted as it left it, and the indicators that were there before it. Those are read as they are now: the
 * SQL takes the rows of earlier slots alone.
 */
async function pinned(lake: Lake, { slots, current }: History, rebuilt: PublishedSlot[]): Promise<RebuiltSlot[]> {
  return Promise.all(
    rebuilt.map(async (published) => {
      const before = slots.slice(0, slots.indexOf(published));
      const context = contextOf(published);
      return {
        slot: context.slot,
        slotInstant: instantOf(context.slot),
        catalogue: await catalogueOf(lake, published, Math.max(...Object.values(published.attempts))),
        trusted: only('trusted', after([...before, published])),
        refined: only('refined', now(current, after(before))),
      };
    }),
  );
}

/** The same tables, at the snapshot that readers see. */
const now = (current: Map<string, string>, tables: Record<string, string>) =>
  Object.fromEntries(Object.keys(tables).map((table) => [table, current.get(table) ?? '']));

/** The catalogue by which an attempt at a slot computed its indicators; the manifest names it. */
async function catalogueOf(lake: Lake, published: PublishedSlot, attempt = published.attempt): Promise<string> {
  const context = { ...contextOf(published), attempt };
  const uri = `${stepFolder(lake.settings.bucketPrefix, context, 'refined')}/manifest.json`;
  const own = await getJson<RefinedManifest>(lake.s3, uri);
  if (!own) throw final('BadRequest', `${uri} is not there, which names the catalogue of slot ${context.slot}`);
  return own.catalogue;
}

/** The tables of one database by their name in the catalogue. */
export function only(database: 'trusted' | 'refined', snapshots: Record<string, string>): Record<string, string> {
  const form = database === 'trusted' ? /^trusted\.(.+)$/ : /^refined\.(.+)_dados$/;
  return Object.fromEntries(
    Object.entries(snapshots).flatMap(([table, snapshot]) => {
      const name = form.exec(table)?.[1];
      return name ? [[name, snapshot]] : [];
    }),
  );
}

/** The slots of an indicator added up, which keeps the answer small however many slots there are. */
function byTable({ tables }: RebuildMetrics): Comparison[] {
  const groups = Map.groupBy(tables, ({ table }) => table.split(' at ')[0] ?? table);
  return [...groups].map(([table, parts]) => {
    const sum = (of: 'rows' | 'rebuilt' | 'missing' | 'extra' | 'different' | 'provenance') =>
      parts.reduce((total, part) => total + part[of], 0);
    const examples = parts.flatMap((part) => part.examples.map((example) => `${part.table}: ${example}`));
    return {
      table,
      slots: table.startsWith('refined.') ? parts.length : null,
      ...{ rows: sum('rows'), rebuilt: sum('rebuilt'), missing: sum('missing'), extra: sum('extra') },
      ...{ different: sum('different'), provenance: sum('provenance') },
      examples: examples.slice(0, 10),
    };
  });
}
