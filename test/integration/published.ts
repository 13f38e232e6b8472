import { expect } from 'vitest';
import { type PublishedSlot, type Reckoned, reckon } from './independent.ts';
import { type Stack, tell } from './stack.ts';

/** Every number that readers see, and every count that the control database keeps, is what the CSV files of the published slots give. */
export async function expectPublished(stack: Stack, published: PublishedSlot[]): Promise<Reckoned> {
  const reckoned = await reckon(published);
  await expectRefined(stack, reckoned);
  await expectFolds(stack, reckoned);
  await expectTrusted(stack, reckoned);
  tell(`${published.length} published slots compared with the independent computation`);
  return reckoned;
}

/** All rows of all slots, every column, through the views. */
async function expectRefined(stack: Stack, { slots }: Reckoned): Promise<void> {
  for (const indicator of Object.keys(slots[0]?.refined ?? {})) {
    const rows = await stack.athena(`SELECT * FROM refined.${indicator}`);
    const plain = rows.map((row) => row.map((value) => value?.replace(WHOLE_SECONDS, '$1') ?? null));
    const expected = slots.flatMap(({ refined }) => refined[indicator] ?? []);
    expect(sorted(plain), indicator).toEqual(sorted(expected.map((row) => row.map(text))));
  }
}

/** What each slot's fold did to each table, the rows of the whole table after it included. */
async function expectFolds(stack: Stack, { slots }: Reckoned): Promise<void> {
  for (const { slot, trusted } of slots) {
    const loads = await stack.control<{ table: string } & Record<string, number>>(
      `select trusted.table_name as table, raw.records::float8, raw.unreadable::float8, trusted.inserted::float8, trusted.updated::float8,
              trusted.unchanged::float8, trusted.superseded::float8, trusted.quarantined::float8,
              trusted.total_rows::float8 as total
       from published_load trusted
       join published_load raw on raw.slot = trusted.slot and raw.layer = 'raw' and lower(raw.table_name) = trusted.table_name
       where trusted.slot = $1 and trusted.layer = 'trusted'`,
      slot,
    );
    const found = Object.fromEntries(loads.map(({ table, ...figures }) => [table, figures]));
    expect(found, slot).toEqual(trusted);
  }
}

async function expectTrusted(stack: Stack, { content }: Reckoned): Promise<void> {
  for (const [table, columns] of Object.entries(content)) {
    const figures = Object.entries(columns).map(([name, { sum }]) =>
      sum === null ? `count(${name}), NULL` : `count(${name}), cast(sum(${name}) AS decimal(38, 3))`,
    );
    const [row = []] = await stack.athena(`SELECT ${figures.join(', ')} FROM trusted.${table}`);
    const found = Object.fromEntries(
      Object.keys(columns).map((name, index) => [name, { values: Number(row[2 * index]), sum: row[2 * index + 1] }]),
    );
    expect(found, table).toEqual(columns);
  }
}

/** How many zeros follow the seconds depends on the type that a view declares, and is no number of the lake. */
const WHOLE_SECONDS = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.0+$/;
const text = (value: string | number | null) => (value === null ? null : String(value));
const sorted = (rows: (string | null)[][]) => rows.map((row) => row.join(' | ')).sort();
