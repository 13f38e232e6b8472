import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startLandingLake } from '../unit/activities/landing-lake.ts';
import { fakeLake } from './fake-lake.ts';
import { failureOf, type Handle, onTimeSkippingServer, type Play, resultOf } from './play-run.ts';
import { BALANCED, FILES, storedActivities, type Told } from './stored-lake.ts';

/** A slot after which no file of the test was delivered, whatever the clocks of server and test say. */
const SLOT = new Date('2100-01-01T09:00:00Z');

let stored: Awaited<ReturnType<typeof startLandingLake>>;
beforeAll(async () => {
  stored = await startLandingLake();
}, 60_000);
beforeEach(async () => {
  await stored.empty();
  for (const [key, body] of Object.entries(FILES)) await stored.put(key, body);
});
afterAll(() => stored?.stop(), 30_000);

const play: Play = onTimeSkippingServer();

const lakeWhoseSteps = (told: Told) => fakeLake(storedActivities(stored, told));

const all = async (sql: string) => (await stored.database.query(sql)).rows;

test('a run names what is held in its own warnings: readers of its slot lack those rows', async () => {
  const reason = await play(lakeWhoseSteps({ ...BALANCED, read: 2 }), failureOf, SLOT);
  for (const [key, body] of Object.entries(FILES)) await stored.put(`${key}.csv`, body);
  const lake = lakeWhoseSteps(BALANCED);
  const details = async (handle: Handle) => {
    await handle.result();
    return handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  };
  const { currentDetails } = await play(lake, details, new Date('2100-01-01T21:00:00Z'));
  expect(currentDetails).toContain('**published**');
  expect(currentDetails).toContain(
    `- slot 21000101T090000Z is held, so that readers lack 2 files of bureau_balance: ${reason?.message.slice(0, 200)}`,
  );
});

describe('a run', () => {
  test('that accounts for every row is published', async () => {
    const lake = lakeWhoseSteps(BALANCED);
    expect(await play(lake, resultOf, SLOT)).toMatchObject({ outcome: 'published' });
    expect(await all('select outcome, conserved from file')).toEqual(
      Array(2).fill({ outcome: 'accepted', conserved: true }),
    );
  });

  test.each([
    [
      'of which trusted did not read a row that raw wrote',
      { ...BALANCED, read: 2 },
      'trusted.bureau_balance: rows are not conserved: raw recorded 3 records of bureau_balance with 0 unreadable lines, so 3 rows, but 2 were read',
    ],
    [
      'of which one file has a row too many and another one too few',
      {
        ...BALANCED,
        files: [
          [3, 0],
          [0, 0],
        ],
      } as Told,
      'raw.bureau_balance: rows are not conserved: file bureau_balance/a.csv has 2 records, but 3 rows and 0 unreadable lines; ' +
        'raw.bureau_balance: rows are not conserved: file bureau_balance/b.csv has 1 records, but 0 rows and 0 unreadable lines',
    ],
    [
      'of which raw lost a record',
      {
        files: [
          [1, 0],
          [1, 0],
        ],
        read: 2,
      } as Told,
      'raw.bureau_balance: rows are not conserved: 3 records, but 2 rows and 0 unreadable lines',
    ],
  ])(
    '%s fails: it publishes nothing, holds the files, keeps the figures and says what to do',
    async (_what, told, sentence) => {
      const lake = lakeWhoseSteps(told);
      const cause = await play(lake, failureOf, SLOT);

      expect(cause).toMatchObject({ type: 'FailedAudit', message: expect.stringContaining(sentence) });
      expect(cause?.message).toMatch(
        /nothing was published and the files are held: compare these figures with the metrics/,
      );
      expect(lake.calls).not.toContainEqual(expect.stringMatching(/^planPublication|^runStep publish|^announce/));
      expect(await all('select from publication')).toEqual([]);
      expect(await all('select state, message from run')).toEqual([{ state: 'failed', message: cause?.message }]);
      expect(await all('select outcome, reason from file')).toEqual(
        Array(2).fill({ outcome: 'held', reason: cause?.message }),
      );
      const figures = await all(`select rows_raw::int as rows, unreadable::int from file order by landing_key`);
      expect(figures).toEqual(told.files.map(([rows, unreadable]) => ({ rows, unreadable })));
      expect(await all(`select rows_raw::int as read from table_load where layer = 'trusted'`)).toEqual([
        { read: told.read },
      ]);
    },
  );
});
