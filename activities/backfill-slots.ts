import * as backfills from '../control-db/queries/backfills.ts';
import type { History, PublishedSlot } from '../control-db/queries/history.ts';
import * as input from '../control-db/queries/replay-input.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type { BackfillPlan, Slot } from '../workflows/types.ts';
import { type KnownSlot, slotsOf } from './backfill-plan.ts';
import type { Lake } from './context.ts';
import type { LoadedTable } from './manifest.ts';

/** The published slots, and the one of released files, which may never have been published. */
export function knownSlots(
  { from, release }: Pick<BackfillPlan, 'from' | 'release'>,
  published: PublishedSlot[],
): KnownSlot[] {
  const known = published.map(({ slot }) => ({ slot: slotOf(slot), published: true }));
  if (release.length > 0 && !known.some(({ slot }) => slot === from)) known.push({ slot: from, published: false });
  return known.sort((a, b) => (a.slot < b.slot ? -1 : 1));
}

export type Played = KnownSlot & {
  loaded: LoadedTable[];
  refined: string[];
  /** Whether its files are read again, and which of its layers are played and recorded. */
  reads: boolean;
  wants: string[];
  layers: string[];
};

export async function slotsToPlay(
  lake: Lake,
  backfill: number,
  plan: BackfillPlan,
  { slots }: History,
): Promise<Played[]> {
  const begun = new Map(
    (await backfills.replays(lake.database, backfill)).map(({ slot, layers }) => [slotOf(slot), layers]),
  );
  const all: Played[] = [];
  for (const one of slotsOf(plan, knownSlots(plan, slots))) {
    const layers = begun.get(one.slot) ?? [];
    const reads =
      plan.layer === 'raw' && (plan.release.length === 0 ? one.slot <= plan.newest : one.slot === plan.from);
    const raw = one.trusted ? await rawOfSlot(lake, backfill, one.slot, plan) : new Map<string, SlotRaw>();
    const loaded = Object.values(lake.catalogue.trusted).flatMap(({ name, source }) => {
      const found = plan.trusted.includes(name) ? raw.get(source) : undefined;
      return found ? [{ name, raw: found, reread: found.reread }] : [];
    });
    const toBeRead = reads && !layers.includes('raw') && (await filesToRead(lake, one.slot, plan)).size > 0;
    // A slot of which nothing could be loaded is none, as a run of it would have been empty.
    if (!one.published && loaded.length === 0 && !toBeRead) continue;
    const wants = [...(loaded.length > 0 ? ['trusted'] : []), ...(one.refined.length > 0 ? ['refined'] : [])];
    all.push({ ...one, loaded, reads: toBeRead, wants, layers });
  }
  return all;
}

type SlotRaw = input.RawOfRun & { reread: boolean };

/** By source table what a slot's trusted is folded from: what this backfill read again, else what released files left, else what is published. */
export async function rawOfSlot(
  lake: Lake,
  backfill: number,
  slot: Slot,
  plan: BackfillPlan,
): Promise<Map<string, SlotRaw>> {
  const { database } = lake;
  const at = new Date(instantOf(slot));
  const found = new Map<string, SlotRaw>();
  const add = (raw: input.RawOfRun[], reread: boolean) => {
    for (const one of raw) found.set(one.table, { ...one, reread });
  };
  add(await input.publishedRaw(database, at), false);
  if (plan.release.length > 0 && slot === plan.from && plan.layer === 'trusted') {
    const held = await input.heldFiles(database, plan.release);
    const tables = new Set(held.map(({ sourceTable }) => sourceTable));
    const runs = [...new Set(held.map(({ run }) => run))];
    add(
      (await input.rawOfRuns(database, runs)).filter(({ table }) => tables.has(table)),
      false,
    );
  }
  const own = (await backfills.replays(database, backfill)).find((one) => slotOf(one.slot) === slot);
  if (own) add(await input.rawOfRuns(database, [own.run]), true);
  return found;
}

/** The files of a slot that are read again, by source table: whole tables, as what is read takes the place of what was. */
export async function filesToRead(lake: Lake, slot: Slot, { release, trusted }: BackfillPlan) {
  const found = await input.filesOfSlot(lake.database, new Date(instantOf(slot)), release);
  const released = new Set(found.filter(({ file }) => release.includes(file)).map(({ sourceTable }) => sourceTable));
  const wanted = new Set(trusted.map((name) => lake.catalogue.trusted[name]?.source));
  const read = found.filter(
    ({ sourceTable }) => wanted.has(sourceTable ?? '') && (release.length === 0 || released.has(sourceTable)),
  );
  return Map.groupBy(read, ({ sourceTable }) => sourceTable ?? '');
}
