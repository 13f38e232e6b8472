import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetTableCommand } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCatalogue } from '../../catalog/compile.ts';
import { loadCatalogue } from '../../catalog/load.ts';
import { buildIdOf } from '../../workers/build-id.ts';
import { slotOf } from '../../workflows/slot.ts';
import type { RebuildResult } from '../../workflows/types.ts';
import { csv, Delivery, rowsOfSlot } from './deliveries.ts';
import { expectExported } from './exported.ts';
import { expectFaultsFound } from './faults.ts';
import { type PublishedSlot, reckon } from './independent.ts';
import { auditsOf, clustersOf, entriesOf, keysInLanding, unbalanced } from './ledger.ts';
import { expectPublished } from './published.ts';
import { readWhile } from './reader.ts';
import { playSlots } from './runs.ts';
import { Stack } from './stack.ts';

// Monday, 5 January 2026 and the days after it, at 06:00 and 18:00 in São Paulo.
const slotAt = (day: number, hour: 9 | 21) => new Date(Date.UTC(2026, 0, day, hour));
const FIRST = slotAt(5, 9);
const SECOND = slotAt(5, 21);
const EMPTY = slotAt(6, 21);
const ODD_FILES = slotAt(7, 9);
const BAD_ROWS = slotAt(7, 21);
const AFTER_RESTART = slotAt(8, 9);
const minutesBefore = (slot: Date, minutes: number) => new Date(slot.getTime() - minutes * 60_000);

/** A slot takes half a minute on two quiet cores; these limits are for busy ones. */
const SLOT_MS = 240_000;

describe('a lake on one machine, slot after slot', () => {
  const stack = new Stack(`test-${process.pid}`);
  const published: PublishedSlot[] = [];
  const late = 'application_train_esperando.csv';
  let folder = '';
  let waiting: Delivery;
  let held: Delivery;
  const delivery = (slot: Date) => new Delivery(join(folder, slot.toISOString().slice(0, 13)));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podlake-deliveries-'));
    await stack.up();
  }, 300_000);

  afterAll(async () => {
    await stack.erase();
    await rm(folder, { recursive: true, force: true });
    expect(existsSync(stack.folder)).toBe(false);
  }, 150_000);

  it(
    'publishes two slots through the schedule, every number as reckoned from the CSV files',
    async () => {
      const applied = await stack.podlake('schedule', 'apply', '--json');
      expect(JSON.parse(applied.stdout)).toMatchObject({ applied: 'created', paused: true });
      const load = await delivery(FIRST).generated(0, minutesBefore(FIRST, 45));
      const changes = await delivery(SECOND).generated(1, minutesBefore(SECOND, 45));
      await changes.file('POS_CASH_balance/0_correcao.csv', csv(await corrections()), minutesBefore(SECOND, 10));
      await load.drop(stack);
      await changes.drop(stack);

      const runs = await playSlots(stack, [FIRST, SECOND]);

      expect(runs.map(({ outcome }) => outcome)).toEqual(['published', 'published']);
      published.push({ slot: FIRST, files: load.files }, { slot: SECOND, files: changes.files });
      const { slots } = await expectPublished(stack, published);
      // The corrections are what the fold's rules are for: one key twice in a file, and in two files; one row without a key.
      expect(slots[1]?.trusted['pos_cash_balance']).toMatchObject({ superseded: 4, quarantined: 1 });
    },
    SLOT_MS,
  );

  it('has accepted each file in its own slot, taken it out of landing, and lost no row', async () => {
    for (const { slot, files } of published) {
      const accepted = files.map(({ key }) => ({ key, outcome: 'accepted', reason: null }));
      expect(await entriesOf(stack, slot)).toEqual(accepted.sort((a, b) => (a.key < b.key ? -1 : 1)));
    }
    expect(await keysInLanding(stack)).toEqual([]);
    expect(await unbalanced(stack)).toEqual([]);
  });

  it('has judged both slots by every check that the catalogue declares, and kept value, limit and severity of each', async () => {
    const { refined } = compileCatalogue(loadCatalogue());
    const place = ({ table, audit }: { table: string; audit: string }) => `${table} ${audit}`;
    const declared = Object.values(refined)
      .flatMap(({ name, checks }) =>
        checks.map((check) => ({ table: name, audit: check.name, severity: check.severity, limit: 0 })),
      )
      .sort((a, b) => (place(a) < place(b) ? -1 : 1));
    for (const slot of [FIRST, SECOND]) {
      const audits = await auditsOf(stack, slot, 'refined');
      const sorted = audits.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
      expect(sorted).toMatchObject(declared);
      expect(sorted).toHaveLength(declared.length);
      expect(audits.filter(({ severity, passed }) => severity === 'error' && !passed)).toEqual([]);
    }
  });

  it('has judged the first slot, which writes every trusted table, by all of their checks: key, parents, past and age', async () => {
    const own = ['conservation', 'rows_from_raw', 'total_rows', 'bad_row_share'];
    const declared = Object.values(compileCatalogue(loadCatalogue()).trusted).flatMap(({ name, checks }) => [
      ...checks.map((check) => `${name} ${check.name} ${check.severity}`),
      ...own.map((audit) => `${name} ${audit} error`),
    ]);
    const audits = await auditsOf(stack, FIRST, 'trusted');
    const found = audits.map(({ table, audit, severity }) => `${table} ${audit} ${severity}`);
    expect(found.sort()).toEqual(declared.sort());
    expect(audits.filter(({ severity, passed }) => severity === 'error' && !passed)).toEqual([]);
  });

  it('closes a slot without files as empty, without a cluster', async () => {
    const [run] = await playSlots(stack, [EMPTY]);
    expect(run).toMatchObject({ outcome: 'empty' });
    await expectClustersEnded(stack, EMPTY, 0);
  }, 60_000);

  it(
    'finds each fault of a file and of a row, none missed and none imagined, and publishes all else',
    async () => {
      const odd = await delivery(ODD_FILES).generated(3, minutesBefore(ODD_FILES, 45));
      const told = await odd.faulty(3, minutesBefore(ODD_FILES, 30));
      await odd.drop(stack);

      const [run] = await playSlots(stack, [ODD_FILES]);

      expect(run).toMatchObject({ outcome: 'published_with_refusals' });
      await expectFaultsFound(stack, ODD_FILES, odd.files, told);
      expect(await keysInLanding(stack)).toEqual([]);
      const outcomes = new Map(told.files.map(({ key, outcome }) => [key, outcome]));
      const accepted = odd.files.filter(({ key }) => (outcomes.get(key) ?? 'accepted') === 'accepted');
      published.push({ slot: ODD_FILES, files: accepted });
      await expectPublished(stack, published);
    },
    SLOT_MS,
  );

  it(
    'publishes nothing of a delivery with over 1 % of bad rows, and holds its files',
    async () => {
      const bureau = await rowsOfSlot(4, 'bureau');
      const bad = bureau.map((row, index) => (index % 30 === 7 ? { ...row, AMT_CREDIT_SUM: '1,5' } : row));
      held = await delivery(BAD_ROWS).generated(4, minutesBefore(BAD_ROWS, 45), ['application_test']);
      await held.file('bureau/com_virgula_decimal.csv', csv(bad), minutesBefore(BAD_ROWS, 20));
      await held.drop(stack);

      const { result, answers, whileWritten } = await readWhile(stack, BAD_ROWS, () => playSlots(stack, [BAD_ROWS]));

      // Readers saw the slot before, and nothing else, also when the bad slot's tables were written and not yet judged.
      expect(answers).toHaveLength(1);
      expect(whileWritten).toBeGreaterThan(0);
      const [run] = result;
      expect(run).toEqual({ outcome: 'failed', message: expect.stringMatching(/trusted\.bureau: .*\b0\.01\b/) });
      const entries = await entriesOf(stack, BAD_ROWS);
      expect(entries.map(({ outcome }) => outcome)).toEqual(held.files.map(() => 'held'));
      // What was left out can be looked at all the same, with the line on which an editor finds it.
      const kept = bad.flatMap(({ SK_ID_BUREAU, AMT_CREDIT_SUM }, index) =>
        AMT_CREDIT_SUM === '1,5' ? [[String(index + 2), `sk_id_bureau=${SK_ID_BUREAU}`, 'tipo']] : [],
      );
      const query = `SELECT linha, chave, motivos[1].regra FROM controle.quarentena
        WHERE arquivo = 'bureau/com_virgula_decimal.csv' ORDER BY linha`;
      expect(await stack.athena(query)).toEqual(kept);
      await expectClustersEnded(stack, BAD_ROWS, 1);
      await expectPublished(stack, published);
    },
    SLOT_MS,
  );

  it('closes an older slot and a second run of a published one as superseded, and leaves landing as it is', async () => {
    waiting = delivery(AFTER_RESTART);
    await waiting.file(late, csv(await rowsOfSlot(4, 'application_train')), minutesBefore(EMPTY, 5));
    await waiting.drop(stack);

    const [older] = await playSlots(stack, [EMPTY]);
    const [again] = await playSlots(stack, [ODD_FILES]);

    expect(older).toEqual({ outcome: 'superseded', message: expect.stringContaining('older than the last published') });
    expect(again).toEqual({ outcome: 'superseded', message: expect.stringContaining('published already') });
    expect(await keysInLanding(stack)).toEqual([late]);
    await expectPublished(stack, published);
  }, 90_000);

  it(
    'has the whole lake after a stop and a start, and goes on with it',
    async () => {
      expect(await stack.down()).toMatchObject({ code: 0, stdout: expect.stringContaining('is stopped') });
      await stack.up();
      await expectPublished(stack, published);

      const [run] = await playSlots(stack, [AFTER_RESTART]);

      expect(run).toMatchObject({ outcome: 'published' });
      published.push({ slot: AFTER_RESTART, files: waiting.files });
      await expectPublished(stack, published);
      expect(await unbalanced(stack)).toEqual([]);
    },
    SLOT_MS,
  );

  it('tells readers of the publication what is held, where they look: in Athena, in Glue and in the list of runs', async () => {
    const held = '20260107T210000Z: application_test, bureau';
    const query = 'SELECT entregas_retidas, quais_retidas FROM controle.publicacao_atual';
    expect(await stack.athena(query)).toEqual([['1', held]]);
    const parameters = async (DatabaseName: string, Name: string) =>
      (await stack.aws.glue.send(new GetTableCommand({ DatabaseName, Name }))).Table?.Parameters;
    expect(await parameters('trusted', 'bureau')).toMatchObject({
      entregas_retidas: '20260107T210000Z: bureau',
      linhagem: expect.stringContaining('bureau.AMT_CREDIT_SUM'),
    });
    expect(await parameters('refined', 'taxa_inadimplencia_dados')).toMatchObject({
      entregas_retidas: '',
      linhagem: expect.stringContaining('trusted.application_train.target'),
    });
    const { stdout } = await stack.podlake('runs');
    expect(stdout).toMatch(/held deliveries.*\n +20260107T210000Z application_test: 1 file; .*bureau/);
  });

  it('answers on the command line what readers and operators ask', async () => {
    const { content } = await reckon(published);
    const query = 'select count(*) as linhas, sum(amt_credit) as valor from trusted.application_train';
    const { stdout } = await stack.podlake('sql', query, '--json');
    const credits = content['application_train']?.['amt_credit'];
    expect(JSON.parse(stdout)).toEqual([{ linhas: String(credits?.values), valor: credits?.sum }]);

    const runs = JSON.parse((await stack.podlake('runs', '--json')).stdout) as { slot: string; state: string }[];
    expect(runs.map(({ slot, state }) => [slot, state]).reverse()).toEqual([
      ['20260105T090000Z', 'published'],
      ['20260105T210000Z', 'published'],
      ['20260106T210000Z', 'empty'],
      ['20260107T090000Z', 'published_with_refusals'],
      ['20260107T210000Z', 'failed'],
      ['20260106T210000Z', 'superseded'],
      ['20260107T090000Z', 'superseded'],
      ['20260108T090000Z', 'published'],
    ]);

    const deployed = JSON.parse((await stack.podlake('deploy', 'status', '--json')).stdout);
    expect(deployed).toMatchObject({ current: buildIdOf(), next: [] });

    const wrong = await stack.podlake('sql', 'select * from refined.nao_existe');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/nao_existe/) });
  }, 60_000);

  it('has exported the control tables of every run, whatever its outcome: Athena says what the control database says', async () => {
    await expectExported(stack);
    const listed = await stack.podlake('quarantine', 'list', '--limit', '100000', '--json');
    const rows: { settled: unknown }[] = JSON.parse(listed.stdout);
    const open = rows.filter(({ settled }) => settled === null).length;
    const query = `SELECT count(*), count(*) FILTER (WHERE situacao = 'aberta'),
        count(*) FILTER (WHERE resolvida_por = 'linha_posterior')
      FROM controle.quarentena_situacao`;
    expect(await stack.athena(query)).toEqual([[rows.length, open, rows.length - open].map(String)]);
  }, 60_000);

  it('shows the held files and the rows that they were held for, and settles a row by a note', async () => {
    const answer = async (...args: string[]) => JSON.parse((await stack.podlake(...args, '--json')).stdout);
    const held: { file: number; key: string; slot: string }[] = await answer('files', 'list', '--outcome', 'held');
    const entries = await entriesOf(stack, BAD_ROWS);
    expect(held.map(({ key }) => key).sort()).toEqual(entries.map(({ key }) => key));
    const bad = held.find(({ key }) => key === 'bureau/com_virgula_decimal.csv')?.file ?? 0;
    const rows: { line: number; settled: unknown }[] = await answer('quarantine', 'list', '--slot', slotOf(BAD_ROWS));
    expect(rows.every((row) => row.settled === null)).toBe(true);
    const line = rows.at(-1)?.line ?? 0;
    const resolve = [
      'quarantine',
      'resolve',
      '--file',
      String(bad),
      '--line',
      String(line),
      '--note',
      'the source mends it',
    ];
    expect(await stack.podlake(...resolve)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Settled by a note/),
    });
    const after: typeof rows = await answer('quarantine', 'list', '--file', String(bad));
    const note = { by: 'note', note: 'the source mends it' };
    expect(after).toMatchObject(rows.map((row) => ({ ...row, settled: row.line === line ? note : null })));

    const shown = await answer('files', 'show', String(bad));
    expect(shown).toMatchObject({ ...held.find(({ file }) => file === bad), state: 'failed', quarantineNotes: 1 });
    const accepted = (await answer('files', 'list', '--outcome', 'accepted', '--limit', '1'))[0].file;
    const rejecting = await stack.podlake('files', 'reject', String(accepted), '--reason', 'a mistake');
    expect(rejecting).toMatchObject({ code: 1, stderr: expect.stringMatching(/Only a held file can be rejected/) });
  }, 60_000);

  it(
    'loads what is released in its own slot and plays the later slot forward, and readers see the old or the new',
    async () => {
      const release = ['files', 'release', '--slot', slotOf(BAD_ROWS), '--table', 'application_test'];
      const { result, answers, whileWritten } = await readWhile(stack, BAD_ROWS, () =>
        stack.podlake(...release, '--reason', 'it was held for the fault of another table', '--wait'),
      );

      expect(result).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/published: publication \d+: \d+ tables\n/),
      });
      expect(whileWritten).toBeGreaterThan(0);
      const given: string[][] = answers.map((answer) => JSON.parse(answer).map((one: unknown) => JSON.stringify(one)));
      for (const question of given[0]?.keys() ?? []) {
        const oldOrNew = [given[0]?.[question], given.at(-1)?.[question]];
        expect(given.filter((answer) => !oldOrNew.includes(answer[question]))).toEqual([]);
      }
      const released = held.files.filter(({ key }) => key.startsWith('application_test'));
      expect(released.length).toBeGreaterThan(0);
      published.splice(-1, 0, { slot: BAD_ROWS, files: released });
      await expectPublished(stack, published);
      const outcomes = (await entriesOf(stack, BAD_ROWS)).map(({ key, outcome }) => [key, outcome]);
      const expected = held.files.map(({ key }) => [key, key.startsWith('bureau') ? 'held' : 'accepted']);
      expect(outcomes).toEqual(expected.sort());
      expect(await unbalanced(stack)).toEqual([]);
    },
    SLOT_MS,
  );

  it('plays nothing again on a dry run, and tells for a published slot which command would', async () => {
    const asked = ['backfill', '--from', slotOf(SECOND), '--tables', 'bureau', '--reason', 'how much is it?'];
    const plan = JSON.parse((await stack.podlake(...asked, '--dry-run', '--json')).stdout);
    const slots = published.slice(1).map(({ slot }) => slotOf(slot));
    expect(plan).toMatchObject({ state: 'planned', plan: { slots, trusted: ['bureau'], layer: 'trusted' } });
    const again = await stack.podlake('run', '--slot', slotOf(SECOND), '--layer', 'trusted');
    const command = `podlake backfill --from ${slotOf(SECOND)} --layer trusted`;
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining(command) });
    const unknown = await stack.podlake(...asked, '--tables', 'bureaux');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no table "bureaux"') });
  }, 60_000);

  it(
    'is what raw gives in one pass: trusted as it stands, and every indicator of every slot',
    async () => {
      const { code, stdout } = await stack.podlake('rebuild', '--verify', '--all', '--json');
      const { equal, slots, comparisons } = JSON.parse(stdout) as RebuildResult;
      expect({ code, equal, slots }).toEqual({
        code: 0,
        equal: true,
        slots: published.map(({ slot }) => slotOf(slot)),
      });
      const rows = (layer: string) => comparisons.filter(({ table, rows }) => table.startsWith(layer) && rows > 0);
      expect(rows('trusted.')).toHaveLength(8);
      expect(rows('refined.').map((one) => one.slots)).toEqual(Array(13).fill(published.length));
    },
    SLOT_MS,
  );
});

/** Ending takes a cluster a moment, after the run has asked for it. */
async function expectClustersEnded(stack: Stack, slot: Date, count: number): Promise<void> {
  const states = async () => (await clustersOf(stack, slot)).map(({ state }) => state);
  await expect.poll(states, { timeout: 30_000 }).toEqual(Array(count).fill('TERMINATED'));
}

/**
 * A late file over rows that another file of the slot holds: its name sorts first, but it arrives last and wins. Of its own
 * last row there are two versions, and one row has no month, so that it has no key.
 */
async function corrections(): Promise<Record<string, string>[]> {
  const rows = (await rowsOfSlot(1, 'POS_CASH_balance')).slice(0, 3);
  const changed = rows.map((row) => ({ ...row, NAME_CONTRACT_STATUS: 'Demand', SK_DPD: '11' }));
  const [last = {}] = changed.slice(-1);
  return [...changed, { ...last, SK_DPD: '12' }, { ...last, MONTHS_BALANCE: '' }];
}
