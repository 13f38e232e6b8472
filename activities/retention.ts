import { instantOf } from '../workflows/slot.ts';
import type { Slot } from '../workflows/types.ts';

/** So many slots, six weeks of two a business day, can be read, rebuilt and played again as they were. */
export const KEPT_SLOTS = 60;

const MONTH = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo', year: 'numeric', month: '2-digit' });

/** The slots that stay readable: the last ones, and of each month, as it is reckoned in São Paulo, the last. */
export function keptSlots(published: readonly Slot[], last = KEPT_SLOTS): Set<Slot> {
  const slots = [...new Set(published)].sort();
  const monthsLast = new Map(slots.map((slot) => [MONTH.format(new Date(instantOf(slot))), slot]));
  return new Set([...slots.slice(-last), ...monthsLast.values()]);
}

/**
 * Of one table's tagged slots those that must stay so that it can be read as of each kept slot. A table has a tag only of the
 * slots that wrote it: as of a slot it stands at its newest tag until then.
 */
export function neededSlots(tagged: readonly Slot[], kept: ReadonlySet<Slot>): Set<Slot> {
  const ascending = [...tagged].sort();
  const needed = [...kept].map((slot) => ascending.findLast((one) => one <= slot));
  return new Set(needed.filter((slot) => slot !== undefined));
}
