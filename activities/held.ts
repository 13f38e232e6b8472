import type { CompiledCatalogue } from '../catalog/types.ts';
import type { HeldDelivery } from '../control-db/queries/held.ts';
import { slotOf } from '../workflows/slot.ts';

/** For files of which a run knew no table yet when it failed. */
const UNKNOWN_TABLE = '(tabela ainda não identificada)';

/** Held deliveries as analysts read them: `20260107T210000Z: application_test, bureau`; one delivery is one slot. */
export function heldText(held: readonly HeldDelivery[]): string {
  const slots = Map.groupBy(held, ({ slot }) => slotOf(slot));
  return [...slots]
    .map(([slot, tables]) => `${slot}: ${tables.map(({ table }) => table || UNKNOWN_TABLE).join(', ')}`)
    .join('; ');
}

/** Held deliveries as whoever looks after a run reads them in its warnings: one a table. */
export function heldWarnings(held: readonly HeldDelivery[]): string[] {
  return held.map(({ slot, table, files, reason }) => {
    const what = `${files} ${files === 1 ? 'file' : 'files'} of ${table || 'a table not identified yet'}`;
    return `slot ${slotOf(slot)} is held, so that readers lack ${what}: ${shortened(reason)}`;
  });
}

/** A reason can be the failures of many tables; `podlake runs` has it in full. */
const shortened = (reason: string) => (reason.length > 300 ? `${reason.slice(0, 299)}…` : reason);

/** How many deliveries these are. */
export const countHeld = (held: readonly HeldDelivery[]): number =>
  new Set(held.map(({ slot }) => slot.getTime())).size;

/** By table of trusted and refined the held deliveries that it lacks, through the tables that its SQL reads. */
export function heldByTable(catalogue: CompiledCatalogue, held: readonly HeldDelivery[]) {
  const trusted = (name: string) => held.filter(({ table }) => catalogue.trusted[name]?.source === table);
  const inputs = (name: string, seen: Set<string> = new Set()): Set<string> => {
    const table = catalogue.refined[name];
    for (const input of table?.inputs ?? []) seen.add(input);
    for (const other of table?.lookback ?? []) inputs(other, seen);
    return seen;
  };
  return { trusted, refined: (name: string) => [...inputs(name)].flatMap(trusted) };
}
