import { userInfo } from 'node:os';
import type { Database } from '../control-db/queries/database.ts';
import * as ledger from '../control-db/queries/ledger.ts';
import * as rejections from '../control-db/queries/rejections.ts';
import { postgresPool } from '../workers/clients.ts';
import { readConfig } from '../workers/config.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import { signalAndTell } from './backfill.ts';
import { printTable } from './table.ts';
import { RunProblem } from './watch.ts';

export const FILES_HELP = `
Every file that was ever seen in landing is in the ledger, once, with what became of it.
  podlake files list --outcome held
  podlake files show 12
  podlake files release --slot 20260107T210000Z --reason "the rule about TARGET is mended"
  podlake files reject 12 13 --reason "the source withdrew them"
  podlake files reject --slot 20260107T210000Z --table bureau --reason "the source withdrew the delivery"`;

type ListOptions = {
  stack: string;
  slot?: string;
  table?: string;
  outcome?: ledger.Outcome;
  limit: number;
  json?: boolean;
};

export async function listFiles({ stack, slot, table, outcome, limit, json }: ListOptions): Promise<void> {
  const filter = {
    ...(slot && { slot: new Date(instantOf(slot)) }),
    ...(table && { table }),
    ...(outcome && { outcome }),
  };
  const rows = await withDatabase(stack, (database) => ledger.listFiles(database, filter, limit));
  if (json) return console.log(JSON.stringify(rows.map(withSlot), null, 2));
  if (rows.length === 0) return console.log('No such file in the ledger.');
  printTable(
    ['number', 'slot', 'key', 'table', 'outcome', 'bytes', 'arrived', 'reason'],
    rows.map((row) => [
      ...[String(row.file), slotOf(row.slot), row.key, row.table, outcomeText(row), row.bytes],
      ...[row.arrivedAt.toISOString(), shortened(row.reason ?? '')],
    ]),
  );
  if (rows.length === limit) console.log(`There may be more: --limit ${limit * 10}`);
  console.log('All of one file, and what can be done about it: podlake files show <number>');
}

export async function showFile(number: number, { stack, json }: { stack: string; json?: boolean }): Promise<void> {
  const entry = await withDatabase(stack, (database) => ledger.ledgerEntry(database, number));
  if (!entry)
    throw new RunProblem(`The ledger has no file ${number}. "podlake files list" shows the newest with their numbers.`);
  const next = nextSteps(entry);
  if (json) return console.log(JSON.stringify({ ...withSlot(entry), next }, null, 2));
  const lines = storyOf(entry).filter((line): line is [string, string] => line[1] != null);
  for (const [name, value] of lines) console.log(`${name.padEnd(12)} ${value}`);
  for (const line of next) console.log(`${'next'.padEnd(12)} ${line}`);
}

type RejectOptions = { stack: string; slot?: string; table?: string; reason: string; json?: boolean };

export async function rejectFiles(numbers: number[], { stack, json, reason, ...of }: RejectOptions): Promise<void> {
  const choice = choiceOf(numbers, of);
  if (reason.trim() === '')
    throw new RunProblem('Give the reason: it is what everybody reads of these files from now on.');
  const by = userInfo().username;
  const { rejected, before, goOn } = await withDatabase(stack, async (database) => {
    const chosen = await rejections.chosenFiles(database, choice);
    const held = heldOf(chosen, choice);
    const numbersHeld = held.map(({ file }) => file);
    const goOn = held.length === 0 ? [] : await rejections.rejectFiles(database, numbersHeld, { reason, by });
    return { rejected: held, before: chosen.filter(({ rejectedBy }) => rejectedBy !== null), goOn };
  });
  if (json)
    return console.log(
      JSON.stringify(
        { rejected: rejected.map(withSlot), alreadyRejected: before.map(withSlot), goOn: goOn.map(withSlot) },
        null,
        2,
      ),
    );
  for (const file of rejected) console.log(`Rejected by ${by}: ${nameOf(file)}.`);
  for (const file of before)
    console.log(`Was rejected before, by ${file.rejectedBy} at ${file.rejectedAt?.toISOString()}: ${nameOf(file)}.`);
  for (const file of goOn) console.log(`Waits no more, and goes into the next slot: ${nameOf(file)}.`);
}

type ReleaseOptions = RejectOptions & { wait?: boolean };

/** Has held files loaded in their own slot, and the later slots played forward: a backfill, which is asked for by this. */
export async function releaseFiles(
  numbers: number[],
  { stack, json, reason, wait, ...of }: ReleaseOptions,
): Promise<void> {
  const choice = choiceOf(numbers, of);
  const held = await withDatabase(stack, async (database) =>
    heldOf(await rejections.chosenFiles(database, choice), choice, 'released'),
  );
  const [from, ...others] = [...new Set(held.map(({ slot }) => slotOf(slot)))];
  if (from === undefined) throw new RunProblem('All of them were rejected before. Nothing was released.');
  if (others.length > 0)
    throw new RunProblem(`These files are of slots ${[from, ...others].join(', ')}: release each slot by itself.`);
  const request = { from, release: held.map(({ file }) => file), reason };
  await signalAndTell(readConfig(stack), request, { wait: wait ?? false, json: json ?? false });
}

function choiceOf(numbers: number[], { slot, table }: { slot?: string; table?: string }): rejections.HeldChoice {
  if (numbers.length > 0 && slot === undefined && table === undefined) return { files: [...new Set(numbers)] };
  if (numbers.length === 0 && slot !== undefined) return { slot: new Date(instantOf(slot)), table: table ?? null };
  throw new RunProblem(
    'Name files either by their numbers, or by --slot and, for one table of it, --table. "podlake files list --outcome held" shows them.',
  );
}

/** Those that are held. @throws RunProblem when one of those that are meant is neither held nor rejected already. */
export function heldOf(
  chosen: rejections.ChosenFile[],
  choice: rejections.HeldChoice,
  done = 'rejected',
): rejections.ChosenFile[] {
  if ('files' in choice) {
    const unknown = choice.files.filter((number) => !chosen.some(({ file }) => file === number));
    if (unknown.length > 0) throw new RunProblem(`The ledger has no file ${unknown.join(', ')}. Nothing was ${done}.`);
  } else if (chosen.length === 0) {
    const what = `slot ${slotOf(choice.slot)}${choice.table === null ? '' : ` of table ${choice.table}`}`;
    throw new RunProblem(`No file of ${what} is held. "podlake files list --outcome held" shows which are.`);
  }
  const others = chosen.filter(({ outcome, rejectedBy }) => outcome !== 'held' && rejectedBy === null);
  if (others.length > 0) {
    const why = others.map((file) => `${nameOf(file)} ${WHY_NOT[file.outcome] ?? `is ${file.outcome}`}`);
    throw new RunProblem(`Only a held file can be ${done}: ${why.join('; ')}. Nothing was ${done}.`);
  }
  return chosen.filter(({ outcome }) => outcome === 'held');
}

const WHY_NOT: Record<string, string> = {
  claimed: 'is being looked at by a run',
  accepted: 'was accepted by its run',
  refused: 'was refused by the lake itself, for good',
  document: 'is a document, of which no row is read',
  given_back: 'was given back, and the next run takes it',
};

/** What a person can do about a file, by what became of it: commands, or what will happen by itself. */
export function nextSteps(
  entry: Pick<ledger.LedgerEntry, 'file' | 'slot' | 'table' | 'outcome' | 'waits' | 'rejection' | 'publication'>,
): string[] {
  const slot = slotOf(entry.slot);
  const table = entry.table === null ? '' : ` --table ${entry.table}`;
  switch (entry.outcome) {
    case 'held': {
      const reject = `podlake files reject ${entry.file} --reason "..."    refuses it for good; what waits behind it goes on`;
      const waiting =
        'It goes on by itself once the held delivery before it is released or rejected: podlake files list --outcome held';
      return entry.waits
        ? [waiting, reject]
        : [
            `podlake files release --slot ${slot}${table} --reason "..."    when the cause is mended: folds it at its own slot`,
            reject,
          ];
    }
    case 'refused':
      return entry.rejection
        ? ['Nothing: it was rejected for good. Delivered again, it is a new file and goes into the next slot.']
        : ['Have the source mend what the reason says and deliver it again: it goes into the next slot.'];
    case 'accepted':
      return entry.publication === null
        ? ['A run loads it now: podlake runs']
        : [`podlake quarantine list --file ${entry.file}    its rows that entered no table`];
    case 'given_back':
      return ['The next run takes it: at the next slot, or now by podlake run'];
    case 'claimed':
      return ['A run looks at it now: podlake runs'];
    case 'document':
      return ['Nothing, unless it holds rows: then have the source deliver them as .csv or .csv.gz'];
  }
}

function storyOf(entry: ledger.LedgerEntry): [string, string | null | undefined][] {
  const publication = entry.publication === null ? 'not published' : `publication ${entry.publication}`;
  const rows = `${entry.records} records, ${entry.rowsRaw} rows in raw, ${entry.unreadable} unreadable lines`;
  return [
    ['file', `${entry.file}: ${entry.key}`],
    ['outcome', outcomeText(entry)],
    ['reason', entry.reason],
    ['rejected', entry.rejection && `by ${entry.rejection.by} at ${entry.rejection.at.toISOString()}`],
    ['was held for', entry.rejection?.heldBecause],
    ['run', `slot ${slotOf(entry.slot)}, attempt ${entry.attempt}, ${entry.kind}, ${entry.state}; ${publication}`],
    ['table', entry.table],
    ['size', `${entry.bytes} bytes, etag ${entry.etag}`],
    ['arrived', `${entry.arrivedAt.toISOString()}, seen ${entry.seenAt.toISOString()}`],
    [
      'landing',
      entry.removedAt ? `taken out ${entry.removedAt.toISOString()}` : 'still there, unless the source took it away',
    ],
    ['transient', entry.transientUri],
    ['compression', entry.compression],
    ['columns', entry.columns && `${entry.columns.length}: ${entry.columns.join(', ')}`],
    ['rows', entry.records === null ? null : `${rows}${entry.conserved ? '' : ', which do not balance'}`],
    ['notes', entry.notes.length === 0 ? null : entry.notes.join(' ')],
    ['quarantine', entry.quarantineNotes === 0 ? null : `${entry.quarantineNotes} rows settled by a note`],
  ];
}

async function withDatabase<Result>(stack: string, ask: (database: Database) => Promise<Result>): Promise<Result> {
  const database = postgresPool(readConfig(stack));
  try {
    return await ask(database);
  } finally {
    await database.end();
  }
}

const withSlot = <Row extends { slot: Date }>(row: Row) => ({ ...row, slot: slotOf(row.slot) });
const nameOf = ({ file, landingKey, slot }: rejections.ChosenFile) =>
  `file ${file} (${landingKey}, slot ${slotOf(slot)})`;
const outcomeText = ({ outcome, waits }: ledger.LedgerRow) => (waits ? `${outcome} (waits)` : outcome);
const shortened = (reason: string) => (reason.length > 80 ? `${reason.slice(0, 79)}…` : reason);
