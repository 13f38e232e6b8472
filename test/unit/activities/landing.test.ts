import { gzipSync } from 'node:zlib';
import { CopyObjectCommand, DeleteObjectCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startLandingLake } from './landing-lake.ts';

const HEADER = 'SK_ID_BUREAU,MONTHS_BALANCE,STATUS';
const GOOD = `${HEADER}\n5001,-1,0\n5002,-1,C\n`;
const TRAINS = 'SK_ID_CURR,TARGET\n100002,1\n';
const POS_CASH =
  'SK_ID_PREV,SK_ID_CURR,MONTHS_BALANCE,CNT_INSTALMENT,CNT_INSTALMENT_FUTURE,NAME_CONTRACT_STATUS,SK_DPD,SK_DPD_DEF\n' +
  '1000001,100002,-1,12,11,Active,0,0\n';
const MIB = 1 << 20;

let lake: Awaited<ReturnType<typeof startLandingLake>>;
beforeAll(async () => {
  lake = await startLandingLake();
}, 60_000);
beforeEach(() => lake.empty());
afterAll(() => lake?.stop(), 30_000);

/** What becomes of files that arrive together. */
async function deliver(files: Record<string, Buffer | string>) {
  for (const [key, body] of Object.entries(files)) await lake.put(key, body);
  const run = await lake.run();
  const summary = await run.detect();
  await run.close();
  return { summary, entries: await run.ledger(), slot: run.slot };
}

describe('a file that cannot be read is refused, with the cause and what to do', () => {
  test.each<[string, string, Buffer | string, RegExp]>([
    ['empty', 'bureau_balance/x.csv', '', /is empty \(0 bytes.*Ask the source to send it again/],
    ['UTF-16', 'bureau_balance/x.csv', Buffer.from(`\ufeff${GOOD}`, 'utf16le'), /is UTF-16\. Ask the source for UTF-8/],
    ['Latin-1', 'bureau_balance/x.csv', Buffer.from(`${HEADER},Situação\n`, 'latin1'), /Latin-1.*Ask.*for UTF-8/],
    ['binary', 'bureau_balance/x.csv', Buffer.from([0x89, 0x50, 0x4e, 0, 1, 2]), /binary.*Ask the source for a CSV/],
    ['not the gzip of its name', 'bureau_balance/x.csv.gz', GOOD, /not gzip.*Ask the source to/],
    ['one endless line', 'bureau_balance/x.csv', 'x'.repeat(MIB + 1), /longer than 1 MiB.*Check/],
    ['blank lines', 'bureau_balance/x.csv', '\n\n\n', /no header.*Ask the source to send it again/],
    ['open in its header', 'bureau_balance/x.csv', `"${GOOD}`, /not CSV.*Ask the source to quote/],
    [
      'of no known table',
      'clientes.csv',
      GOOD,
      /begins with a known table.*bureau_balance.*Ask the source to send it again/,
    ],
    ['without its header', 'bureau_balance/x.csv', '5001,-1,0\n5002,-1,C\n', /header is missing.*Ask the source/],
    ['with a name twice', 'bureau_balance/x.csv', `${HEADER},STATUS\n`, /STATUS more than once.*Ask the source/],
    [
      'with a required column renamed',
      'bureau_balance/x.csv',
      GOOD.replace('STATUS', 'SITUACAO'),
      /missing for bureau_balance: STATUS.*Unexpected: SITUACAO.*renamed: STATUS as SITUACAO.*Ask the source/,
    ],
  ])('one that is %s', async (_what, key, body, reason) => {
    const { summary, entries } = await deliver({ [key]: body, 'bureau_balance_boa.csv': GOOD });
    expect(entries[key]).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(reason) });
    // Kept as it came, so that the source can be shown what it sent; and the rest of the delivery is unharmed.
    expect(await lake.read(entries[key]?.uri ?? null)).toEqual(Buffer.from(body));
    expect(entries['bureau_balance_boa.csv']).toMatchObject({ outcome: 'accepted', reason: null });
    expect(summary).toMatchObject({ files: 2, accepted: 1, refused: 1, documents: 0, tables: ['bureau_balance'] });
    expect(await lake.inLanding()).toEqual([]);
  });

  test('and the rows of one without a header, which are of clients, are not told in the ledger', async () => {
    const { entries } = await deliver({ 'bureau_balance/x.csv': '5001,-1,0\n' });
    expect(entries['bureau_balance/x.csv']?.reason).not.toMatch(/5001/);
  });
});

describe('a file that is odd and can be read is accepted, with a note', () => {
  test.each<[string, Buffer | string, RegExp[]]>([
    ['a header and no rows', `${HEADER}\r\n\r\n`, [/header and no rows.*Ask the source/]],
    ['an unknown column', `${HEADER},CANAL\n1,-1,0,app\n`, [/Unknown column CANAL is kept in raw alone/]],
    ['a column without a name', `,${HEADER}\n0,1,-1,0\n`, [/Unknown column _sem_nome_1/]],
    ['a name in other case', GOOD.replace('STATUS', 'Status'), [/Status was taken as STATUS/]],
    ['columns in another order', 'STATUS,SK_ID_BUREAU,MONTHS_BALANCE\n0,1,-1\n', []],
    ['a byte-order mark and CRLF', `\ufeff${GOOD.replaceAll('\n', '\r\n')}`, []],
  ])('one with %s', async (_what, body, notes) => {
    const { entries } = await deliver({ 'bureau_balance.csv': body });
    const expected = notes.map((note) => expect.stringMatching(note));
    expect(entries['bureau_balance.csv']).toMatchObject({ outcome: 'accepted', reason: null, notes: expected });
  });

  test('one without an optional column, which the note names, with the likely new name if it was renamed', async () => {
    const { entries } = await deliver({
      'POS_CASH_balance/sem.csv': POS_CASH.replace(',SK_DPD_DEF\n', '\n').replace(',0,0\n', ',0\n'),
      'POS_CASH_balance/outro_nome.csv': POS_CASH.replace(',SK_DPD_DEF\n', ',ATRASO\n'),
    });
    const missing = (end: string) =>
      expect.stringMatching(`^Optional column SK_DPD_DEF is missing: its values are null\\.${end}$`);
    expect(entries['POS_CASH_balance/sem.csv']).toMatchObject({
      outcome: 'accepted',
      reason: null,
      notes: [missing('')],
    });
    expect(entries['POS_CASH_balance/outro_nome.csv']).toMatchObject({
      outcome: 'accepted',
      reason: null,
      notes: [expect.stringMatching(/^Unknown column ATRASO is kept in raw alone/), missing('.*renamed to ATRASO\\.')],
    });
  });

  test('one cut short behind its header passes here: raw reads it whole and finds that', async () => {
    const zipped = gzipSync(GOOD.repeat(1000));
    const { entries } = await deliver({ 'bureau_balance.csv.gz': zipped.subarray(0, zipped.length / 2) });
    expect(entries['bureau_balance.csv.gz']).toMatchObject({ outcome: 'accepted' });
  });

  test('whatever characters its key has', async () => {
    const keys = [
      'bureau_balance/mês de março 100%.csv',
      'bureau_balance/a+b %2F c&d=e.csv',
      'bureau_balance/ç~\'"(1).csv',
    ];
    const { entries } = await deliver(Object.fromEntries(keys.map((key, index) => [key, `${GOOD}${index},-2,0\n`])));
    for (const [index, key] of keys.entries()) {
      expect(entries[key]).toMatchObject({ outcome: 'accepted', table: 'bureau_balance', notes: [] });
      expect(String(await lake.read(entries[key]?.uri ?? null))).toBe(`${GOOD}${index},-2,0\n`);
    }
    expect(await lake.inLanding()).toEqual([]);
  });

  test('two files that disagree about a key are both taken: which row wins is for trusted', async () => {
    const { entries } = await deliver({
      'bureau_balance/1.csv': GOOD,
      'bureau_balance/2.csv': GOOD.replace(',C', ',X'),
    });
    expect(Object.values(entries).map(({ outcome, notes }) => [outcome, notes])).toEqual(
      Array(2).fill(['accepted', []]),
    );
  });
});

test('what is no CSV is set aside as a document, and the ledger says what to do if it holds rows', async () => {
  const { entries, summary } = await deliver({ 'bureau_balance/leia-me.pdf': '%PDF-1.4' });
  expect(entries['bureau_balance/leia-me.pdf']).toMatchObject({
    outcome: 'document',
    reason: expect.stringMatching(/neither in \.csv nor in \.csv\.gz.*ask the source/),
  });
  expect(summary).toMatchObject({ documents: 1, refused: 0 });
});

test('the same content under another name is taken, and the ledger links it to the first, also in a later slot', async () => {
  const body = `${GOOD}7001,-3,0\n`;
  const first = await deliver({ 'bureau_balance/a.csv': body });
  const second = await deliver({ 'bureau_balance/b.csv': body });
  expect(first.entries['bureau_balance/a.csv']).toMatchObject({ outcome: 'accepted', notes: [] });
  expect(second.entries['bureau_balance/b.csv']).toMatchObject({
    outcome: 'accepted',
    notes: [expect.stringContaining(`bureau_balance/a.csv of slot ${first.slot}`)],
  });
});

test('the same content under two names in one delivery is taken twice, and the second is linked to the first', async () => {
  const { entries, slot } = await deliver({
    'bureau_balance/a.csv': GOOD,
    'bureau_balance/b.csv': GOOD,
    'bureau_balance/c.csv': `${GOOD}7002,-3,0\n`,
  });
  expect(Object.values(entries).map(({ outcome }) => outcome)).toEqual(Array(3).fill('accepted'));
  const same = expect.stringContaining(`The same content as bureau_balance/a.csv of slot ${slot}`);
  const notes = (key: string) => entries[`bureau_balance/${key}.csv`]?.notes;
  expect([notes('a'), notes('b'), notes('c')]).toEqual([[], [same], []]);
});

describe('a file replaced while the run reads it', () => {
  test.each([
    ['before its header is read', GetObjectCommand],
    ['before it is copied', CopyObjectCommand],
  ])('%s is refused, and its replacement is taken by the next slot', async (_when, command) => {
    await lake.put('bureau_balance/troca.csv', GOOD);
    const run = await lake.run();
    const replacement = `${GOOD}8001,-1,0\n`;
    await run.detect(before(command, () => lake.put('bureau_balance/troca.csv', replacement)));

    expect((await run.ledger())['bureau_balance/troca.csv']).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/replaced or taken away.*taken by the next slot/),
    });
    expect(await lake.inLanding()).toEqual(['bureau_balance/troca.csv']);
    await run.close();
    const next = await lake.run();
    await next.detect();
    const entry = (await next.ledger())['bureau_balance/troca.csv'];
    expect(entry).toMatchObject({ outcome: 'accepted' });
    expect(String(await lake.read(entry?.uri ?? null))).toBe(replacement);
  });
});

test.each([
  ['the header is read', GetObjectCommand],
  ['a copy is made', CopyObjectCommand],
  ['a file is deleted', DeleteObjectCommand],
])('a run that dies as %s is repeated to the same end', async (_when, command) => {
  await lake.put('application_train.csv', TRAINS);
  await lake.put('bureau_balance/r.csv', `${GOOD}9001,-1,0\n`);
  const run = await lake.run();
  const dying = before(command, async () => {
    throw new RangeError('died');
  });
  await expect(run.detect(dying)).rejects.toThrow('died');

  expect(await run.detect()).toMatchObject({ files: 2, accepted: 1, refused: 1 });
  expect(await run.ledger()).toMatchObject({
    'application_train.csv': { outcome: 'refused' },
    'bureau_balance/r.csv': { outcome: 'accepted' },
  });
  expect(await lake.inLanding()).toEqual([]);
});

describe('while a delivery of a table is held', () => {
  const setting = (value: 'proceed' | 'wait') => {
    const table = lake.catalogue.trusted['bureau_balance'];
    if (table) table.onHeldDelivery = value;
  };
  afterEach(() => setting('proceed'));

  async function holdOne(): Promise<string> {
    await lake.put('bureau_balance/first.csv', GOOD);
    const run = await lake.run();
    await run.detect();
    await run.fail();
    return run.slot;
  }
  const LATER = { 'bureau_balance/later.csv': `${GOOD}5003,-1,0\n`, 'POS_CASH_balance.csv': POS_CASH };

  test('later ones of it are taken when the catalogue says proceed', async () => {
    setting('proceed');
    await holdOne();
    const { entries } = await deliver(LATER);
    expect(entries['bureau_balance/later.csv']).toMatchObject({ outcome: 'accepted', reason: null });
  });

  test('later ones of it are held behind it when the catalogue says wait, and other tables go on', async () => {
    setting('wait');
    const first = await holdOne();
    const { entries, summary } = await deliver(LATER);
    const later = entries['bureau_balance/later.csv'];
    expect(later).toMatchObject({ outcome: 'held', table: 'bureau_balance', reason: expect.stringContaining(first) });
    expect((await lake.read(later?.uri ?? null)).toString()).toBe(LATER['bureau_balance/later.csv']);
    expect(entries['POS_CASH_balance.csv']).toMatchObject({ outcome: 'accepted', reason: null });
    expect(summary).toMatchObject({ files: 2, accepted: 1, tables: ['POS_CASH_balance'] });
    expect(await lake.inLanding()).toEqual([]);
  });
});

/** A client that does something once, before its first call of the kind. */
function before(command: { name: string }, act: () => Promise<unknown>): S3Client {
  const client = lake.client();
  let done = false;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!done && context.commandName === command.name) {
        done = true;
        await act();
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  return client;
}
