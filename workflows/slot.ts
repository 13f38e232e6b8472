import type { Slot } from './types.ts';

/** `2026-11-24T09:00:00Z` → `20261124T090000Z`; a slot has no fraction of a second. */
export function slotOf(instant: Date): Slot {
  return `${instant.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** `20261124T090000Z` → `2026-11-24T09:00:00Z`. @throws RangeError when it is not a slot. */
export function instantOf(slot: Slot): string {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(slot);
  if (!parts) throw new RangeError(`"${slot}" is not a slot; a slot looks like 20261124T090000Z`);
  const [, year, month, day, hour, minute, second] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

/** A backfill has one branch for all its slots. */
export const branchOf = ({ slot, backfill }: { slot: Slot; backfill?: number | undefined }) =>
  backfill === undefined ? `run_${slot}` : `backfill_${backfill}`;
export const tagOf = (slot: Slot) => `slot_${slot}`;
