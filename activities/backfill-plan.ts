import type { CompiledCatalogue } from '../catalog/types.ts';
import type { PublishedSlot } from '../control-db/queries/history.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type { BackfillPlan, BackfillRequest, Layer, Slot } from '../workflows/types.ts';

/** Why a backfill cannot be done as it was asked for, for whoever asked. */
export class BadBackfill extends Error {
  override readonly name = 'BadBackfill';
}

const LAYERS: readonly Layer[] = ['raw', 'trusted', 'refined'];
const EXAMPLE = 'an object such as {"from": "20261124T090000Z", "reason": "…"}';
const KNOWN = ['from', 'to', 'layer', 'tables', 'release', 'reason', 'dryRun', 'id'];

/** A request as it came by a signal, whatever it is, in its normal form. @throws BadBackfill with what is wrong and what is right. */
export function parseRequest(given: unknown): BackfillRequest {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new BadBackfill(`A backfill is asked for by ${EXAMPLE}.`);
  const asked = given as Record<string, unknown>;
  if ('unreadable' in asked)
    throw new BadBackfill(`The signal cannot be read (${asked['unreadable']}): ask by JSON, ${EXAMPLE}.`);
  const unknown = Object.keys(asked).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) throw new BadBackfill(`"${unknown[0]}" is not known; there are ${KNOWN.join(', ')}.`);
  const { layer, tables, release, reason, dryRun, id } = asked;
  if (typeof reason !== 'string' || reason.trim() === '')
    throw new BadBackfill('"reason" is missing: say why, for whoever reads the history later.');
  if (layer !== undefined && !LAYERS.includes(layer as Layer))
    throw new BadBackfill(`"layer" is ${JSON.stringify(layer)}; it can be ${LAYERS.join(', ')}.`);
  if (tables !== undefined && !isListOf(tables, 'string'))
    throw new BadBackfill('"tables" is not a list of names, such as ["bureau"].');
  if (release !== undefined && !(isListOf(release, 'number') && release.every(Number.isInteger) && release.length > 0))
    throw new BadBackfill('"release" is not a list of numbers of files, as "podlake files list" shows them.');
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw new BadBackfill('"dryRun" is neither true nor false.');
  if (id !== undefined && typeof id !== 'string') throw new BadBackfill('"id" is not a text.');
  const from = slot('from', asked['from']);
  const to = asked['to'] === undefined ? undefined : slot('to', asked['to']);
  if (to !== undefined && layer !== 'refined')
    throw new BadBackfill('"to" is for {"layer": "refined"} alone: a slot of trusted builds on the one before it.');
  if (to !== undefined && to < from) throw new BadBackfill(`"to" (${to}) is before "from" (${from}).`);
  return {
    ...{ from, reason: reason.trim() },
    ...(to === undefined ? {} : { to }),
    ...(layer === undefined ? {} : { layer: layer as Layer }),
    ...(tables === undefined ? {} : { tables: tables as string[] }),
    ...(release === undefined ? {} : { release: release as number[] }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(id === undefined ? {} : { id }),
  };
}

const isListOf = (value: unknown, type: 'string' | 'number'): value is unknown[] =>
  Array.isArray(value) && value.every((one) => typeof one === type);

function slot(name: string, value: unknown): Slot {
  if (typeof value === 'string') {
    const instant = /^\d{8}T\d{6}Z$/.test(value) ? instantOf(value) : value;
    if (
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.0+)?(Z|[+-]\d\d:?\d\d)$/.test(instant) &&
      !Number.isNaN(Date.parse(instant))
    )
      return slotOf(new Date(instant));
  }
  throw new BadBackfill(
    `"${name}" is ${value === undefined ? 'missing' : JSON.stringify(value)}; it is a slot such as 20261124T090000Z or 2026-11-24T09:00:00Z.`,
  );
}

/** A slot that is published or about to be. */
export type KnownSlot = { slot: Slot; published: boolean };
type Scope = Pick<
  BackfillPlan,
  'layer' | 'from' | 'start' | 'to' | 'newest' | 'trusted' | 'refined' | 'lookingBack' | 'release'
>;

/**
 * What a request covers: the tables of trusted that are played again, and every indicator that is computed from them or looks
 * back on one that changes. Of released files `releasedTables` are the source tables. @throws BadBackfill
 */
export function scopeOf(
  request: BackfillRequest,
  catalogue: CompiledCatalogue,
  published: Pick<PublishedSlot, 'slot'>[],
  releasedTables: readonly string[] = [],
  expired: ReadonlySet<Slot> = new Set(),
): Scope {
  const newestPublished = published.at(-1);
  const newest = newestPublished ? slotOf(newestPublished.slot) : null;
  const release = request.release ?? [];
  if (release.length === 0 && (newest === null || newest < request.from))
    throw new BadBackfill(
      newest === null
        ? 'Nothing is published yet, so that there is nothing to play again.'
        : `Nothing was published from ${request.from} on; the newest published slot is ${newest}.`,
    );
  const layer = request.layer ?? (release.length > 0 ? 'raw' : 'trusted');
  if (layer === 'refined' && release.length > 0)
    throw new BadBackfill('Released files are loaded by trusted; "layer" can be raw or trusted.');
  const end = [newest ?? request.from, request.from].sort().at(-1) as Slot;
  const start = layer === 'refined' ? request.from : startOf(request.from, published, expired);
  const to = request.to !== undefined && request.to < end ? request.to : end;
  const gone = published.map(({ slot: one }) => slotOf(one)).find((one) => one >= start && expired.has(one));
  if (gone !== undefined && layer === 'refined')
    throw new BadBackfill(
      `Nothing can be read as of slot ${gone} any more: trusted has to be folded again first, by "layer": "trusted".`,
    );
  const named = release.length > 0 ? [...(request.tables ?? []), ...releasedTables] : request.tables;
  // Where a slot is kept no longer, a table that is not folded again could not be read as it stood then.
  const trusted = layer === 'refined' ? [] : trustedTables(catalogue, gone === undefined ? named : undefined);
  // A slot that becomes published by this has all indicators, whatever they are computed from.
  const becomesPublished =
    releasedTables.length > 0 && !published.some(({ slot: one }) => slotOf(one) === request.from);
  const refined = becomesPublished
    ? Object.keys(catalogue.refined)
    : indicators(catalogue, named, gone === undefined ? trusted : trustedTables(catalogue, named));
  return {
    ...{ layer, from: request.from, start, to, newest: end },
    ...{
      trusted,
      refined,
      lookingBack: refined.filter((name) => catalogue.refined[name]?.lookback.some((other) => refined.includes(other))),
    },
    release,
  };
}

/**
 * Where trusted is folded again from. It begins with the tables as the slot before left them; where that slot is kept no longer,
 * with an older one that is, or with nothing.
 */
function startOf(from: Slot, published: Pick<PublishedSlot, 'slot'>[], expired: ReadonlySet<Slot>): Slot {
  const before = published.map(({ slot: one }) => slotOf(one)).filter((one) => one < from);
  const base = before.findLastIndex((one) => !expired.has(one));
  return before[base + 1] ?? from;
}

/** Tables of trusted by their name there or at the source; all, unless some are named. */
function trustedTables(catalogue: CompiledCatalogue, named: string[] | undefined): string[] {
  const all = Object.values(catalogue.trusted);
  const known = new Set([
    ...Object.keys(catalogue.refined),
    ...all.flatMap(({ name, source }) => [name, source.toLowerCase()]),
  ]);
  const unknown = named?.find((name) => !known.has(name.toLowerCase()));
  if (unknown !== undefined)
    throw new BadBackfill(`There is no table "${unknown}"; there are ${[...known].sort().join(', ')}.`);
  const wanted = named && new Set(named.map((name) => name.toLowerCase()));
  return all
    .filter(({ name, source }) => !wanted || wanted.has(name) || wanted.has(source.toLowerCase()))
    .map(({ name }) => name);
}

function indicators(catalogue: CompiledCatalogue, named: string[] | undefined, trusted: string[]): string[] {
  const all = Object.values(catalogue.refined);
  // Of a backfill of indicators alone the named tables of trusted stand for all that is computed from them.
  const inputs = trusted.length > 0 ? trusted : named === undefined ? [] : trustedTables(catalogue, named);
  const changed = new Set(
    all
      .filter(
        ({ name, inputs: own }) =>
          named === undefined || named.includes(name) || own.some((one) => inputs.includes(one)),
      )
      .map(({ name }) => name),
  );
  for (let before = -1; before !== changed.size; ) {
    before = changed.size;
    for (const { name, lookback } of all) if (lookback.some((other) => changed.has(other))) changed.add(name);
  }
  return all.map(({ name }) => name).filter((name) => changed.has(name));
}

/** The slots to be played, oldest first, with the indicators of each: past `to` those alone that look back on what changes. */
export function slotsOf(scope: Scope, known: KnownSlot[]): (KnownSlot & { trusted: boolean; refined: string[] })[] {
  return known
    .filter(({ slot: one }) => one >= scope.start)
    .map((one) => ({
      ...one,
      trusted: scope.trusted.length > 0,
      refined: indicatorsAt(one.slot, scope),
    }))
    .filter(({ trusted, refined }) => trusted || refined.length > 0);
}

function indicatorsAt(slot: Slot, { from, to, newest, refined, lookingBack }: Scope): string[] {
  if (slot < from) return [];
  // What was published after the plan was made has all of its rows on main alone.
  return slot <= to || slot > newest ? refined : lookingBack;
}
