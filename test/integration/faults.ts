// What the lake has to say of the generator's faults, and what it does say.
import { expect } from 'vitest';
import type { FileFaultKind, ToldFaults } from '../../infra/local/source/faults.ts';
import type { DroppedFile } from './deliveries.ts';
import { entriesOf } from './ledger.ts';
import type { Stack } from './stack.ts';

/** By kind the sentence of a file that is not accepted: the cause, and what to do about it. */
const REASONS: Partial<Record<FileFaultKind, RegExp>> = {
  'no header': /header is missing.*Ask the source/,
  'renamed column': /missing.*TARGET as DEFAULTED.*Ask the source/,
  'repeated column': /more than once.*Ask the source/,
  'utf-16': /UTF-16.*Ask the source/,
  'latin-1 far down': /not UTF-8.*Ask the source/,
  binary: /(NUL|binary|UTF-8).*Ask the source/,
  'nul byte': /NUL.*Ask the source/,
  empty: /0 bytes.*Ask the source/,
  'gzip cut short': /gzip.*cut short.*Ask the source/,
  'not gzip': /not gzip.*Ask the source/,
  'open quote': /quote is opened and never closed.*Ask the source/,
  'line too long': /limit is 1048576.*Ask the source/,
  'unknown table': /known table.*Ask the source/,
  document: /neither in \.csv.*ask the source/,
};

/** By kind the note of a file that is accepted; of the other kinds nothing is to be noted. */
const NOTES: Partial<Record<FileFaultKind, RegExp>> = {
  'unknown column': /^Unknown column NOVIDADE/,
  'missing optional column': /^Optional column \w+ is missing/,
  'header only': /^The file has a header and no rows/,
};

/** Each file has its outcome, each fault its reason or note, each bad row its place and rule, and nothing else has any. */
export async function expectFaultsFound(stack: Stack, slot: Date, files: DroppedFile[], told: ToldFaults) {
  const faults = new Map(told.files.map((fault) => [fault.key, fault]));
  const sentence = (reasons: typeof REASONS, key: string) => {
    const expected = reasons[faults.get(key)?.kind ?? 'odd name'];
    return expected === undefined ? null : expect.stringMatching(expected);
  };
  const inOrder = files.map(({ key }) => key).sort((a, b) => (a < b ? -1 : 1));
  expect(await entriesOf(stack, slot)).toEqual(
    inOrder.map((key) => ({ key, outcome: faults.get(key)?.outcome ?? 'accepted', reason: sentence(REASONS, key) })),
  );
  const noted = await stack.control<{ key: string; notes: string[] }>(
    `select landing_key as key, notes from file join run using (run) where slot = $1 and outcome = 'accepted'`,
    slot,
  );
  for (const { key, notes } of noted.filter(({ key }) => faults.has(key))) {
    if (faults.get(key)?.kind === 'same content twice') continue;
    expect(notes, key).toEqual(sentence(NOTES, key) === null ? [] : [sentence(NOTES, key)]);
  }
  const twice = noted.filter(({ key }) => faults.get(key)?.kind === 'same content twice');
  expect(twice.flatMap(({ notes }) => notes)).toEqual([expect.stringMatching(/^The same content as .*copia_1/)]);

  const found = await stack.control<{ table: string } & Record<string, number>>(
    `select raw.table_name as table, raw.unreadable::int, trusted.quarantined::int, trusted.superseded::int,
            trusted.conflicting::int
     from run join table_load raw on raw.run = run.run and raw.layer = 'raw'
     join table_load trusted on trusted.run = run.run and trusted.layer = 'trusted'
       and trusted.table_name = lower(raw.table_name)
     where run.slot = $1 and greatest(raw.unreadable, trusted.quarantined, trusted.superseded) > 0`,
    slot,
  );
  expect(Object.fromEntries(found.map(({ table, ...figures }) => [table, figures]))).toEqual(told.tables);

  const rows = await stack.athena(
    `SELECT arquivo, linha, camada, motivos[1].coluna, motivos[1].regra, cardinality(motivos)
     FROM controle.quarentena WHERE slot = timestamp '${slot.toISOString().slice(0, 19).replace('T', ' ')}'`,
  );
  const expected = told.rows.map(({ key, line, layer, column, rule }) => [key, String(line), layer, column, rule, '1']);
  expect(rows.sort()).toEqual(expected.sort());
}
