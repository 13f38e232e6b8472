import { describe, expect, test } from 'vitest';
import {
  LAKE_BUSINESS_DATE,
  LAKE_FILES,
  LAKE_KIND,
  LAKE_OUTCOME,
  LAKE_ROWS,
  LAKE_SLOT,
  LAKE_TABLES,
} from '../../workflows/search-attributes.ts';
import { delivery, fakeLake, layer, opened, PUBLICATION } from './fake-lake.ts';
import { inOrder, onTimeSkippingServer, resultOf } from './play-run.ts';

const play = onTimeSkippingServer();

describe('a delivery', () => {
  test('goes through lock, layers, gate, publication and verification in this order', async () => {
    const lake = fakeLake();
    const result = await play(lake, resultOf);
    expect(lake.calls).toEqual([
      'enterLakeQueue',
      'openRun',
      'endOlderClusters',
      'detectDelivery',
      'prepareCatalogue',
      'startCluster run',
      ...['raw', 'trusted', 'refined'].flatMap((step) => [
        `writeManifest ${step}`,
        `runStep ${step}`,
        `recordLayer ${step}`,
      ]),
      'judge',
      'planPublication',
      'writeManifest publish',
      'runStep publish',
      'recordLayer publish',
      `announcePublication ${PUBLICATION}`,
      `completePublication ${PUBLICATION}`,
      'endCluster run',
      'updateCatalogue',
      `verifyPublication ${PUBLICATION}`,
      `confirmPublication ${PUBLICATION}`,
      'closeRun published',
      'exportControl',
      'raiseAlerts',
    ]);
    expect(result).toMatchObject({ outcome: 'published', publication: PUBLICATION });
  });

  test('is found in the web UI by slot, business date, kind, outcome, files, rows and tables, and its memo tells how it ended', async () => {
    const nominal = new Date('2026-01-05T09:00:00Z');
    const { found, memo } = await play(
      fakeLake(),
      async (handle) => {
        await handle.result();
        const { typedSearchAttributes, memo } = await handle.describe();
        return { found: typedSearchAttributes, memo };
      },
      nominal,
    );
    expect(found.get(LAKE_SLOT)).toEqual(nominal);
    expect(found.get(LAKE_OUTCOME)).toBe('published');
    expect(found.get(LAKE_FILES)).toBe(2);
    expect(found.get(LAKE_ROWS)).toBe(10);
    expect(found.get(LAKE_BUSINESS_DATE)).toBe('2026-01-05');
    expect(found.get(LAKE_KIND)).toBe('scheduled');
    expect(found.get(LAKE_TABLES)).toEqual(['bureau']);
    expect(memo).toEqual({
      ...{ outcome: 'published', publication: PUBLICATION, attempt: 1, grant: 1 },
      message: expect.stringContaining('2 files accepted'),
    });
  });

  test('with refused files is published with refusals, those counted that raw refuses after detection', async () => {
    const lake = fakeLake({
      detectDelivery: async () => delivery({ files: 4, accepted: 3, refused: 1 }),
      recordLayer: async ({ step }) => layer(step, { loaded: 2, refused: 1 }),
    });
    const result = await play(lake, resultOf);
    expect(result).toMatchObject({ outcome: 'published_with_refusals', delivery: { accepted: 2, refused: 2 } });
    expect(lake.closings).toEqual([
      { outcome: 'published_with_refusals', message: expect.stringContaining('2 refused') },
    ]);
  });
});

test('a run that nobody answers asks for the lake again, as the lock may have been terminated meanwhile', async () => {
  const { enterLakeQueue } = fakeLake().activities;
  let asked = 0;
  const lake = fakeLake({
    async enterLakeQueue(request) {
      asked += 1;
      if (asked === 3) await enterLakeQueue(request);
    },
  });
  expect(await play(lake, resultOf)).toMatchObject({ outcome: 'published' });
  expect(lake.calls.slice(0, 4)).toEqual([...Array(3).fill('enterLakeQueue'), 'openRun']);
});

describe('what there is to publish decides', () => {
  test('no files: the run closes as empty, without a cluster', async () => {
    const lake = fakeLake({ detectDelivery: async () => delivery({}) });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'empty', publication: null });
    expect(lake.calls.slice(-3)).toEqual(['closeRun empty', 'exportControl', 'raiseAlerts']);
    expect(lake.calls.filter((call) => /Cluster |runStep|Publication/.test(call))).toEqual([]);
    expect(lake.closings).toEqual([{ outcome: 'empty', message: 'no files arrived' }]);
  });

  test('files of which none is to be loaded, as they wait behind a held delivery: empty, and it does not deny them', async () => {
    const lake = fakeLake({ detectDelivery: async () => delivery({ files: 2 }) });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'empty' });
    expect(lake.calls).not.toContain('startCluster run');
    expect(lake.closings).toEqual([{ outcome: 'empty', message: expect.stringMatching(/none of 2 files.*ledger/) }]);
  });

  test('all files refused by their header: empty, without a cluster, and it says so', async () => {
    const lake = fakeLake({ detectDelivery: async () => delivery({ files: 3, refused: 3 }) });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'empty' });
    expect(lake.calls).not.toContain('startCluster run');
    expect(lake.closings).toEqual([{ outcome: 'empty', message: 'all 3 files were refused' }]);
  });

  test('all files refused by raw: no further layer, nothing published, the cluster ended', async () => {
    const lake = fakeLake({ recordLayer: async ({ step }) => layer(step, { loaded: 0, refused: 2 }) });
    expect(await play(lake, resultOf)).toMatchObject({ outcome: 'empty', publication: null });
    inOrder(lake.calls, 'startCluster run', 'runStep raw', 'endCluster run', 'closeRun empty');
    expect(lake.calls).not.toContain('runStep trusted');
    expect(lake.calls).not.toContain('planPublication');
  });

  test('a slot not newer than the last published one claims nothing and closes as superseded', async () => {
    const message = 'slot 20260105T090000Z is published already';
    const lake = fakeLake({ openRun: async (request) => opened(request, { decision: 'superseded', message }) });
    const found = await play(lake, async (handle) => {
      expect(await handle.result()).toMatchObject({ outcome: 'superseded', message });
      return (await handle.describe()).typedSearchAttributes;
    });
    expect([found.get(LAKE_BUSINESS_DATE), found.get(LAKE_KIND)]).toEqual(['2026-01-05', 'manual']);
    expect(lake.calls).toEqual([
      'enterLakeQueue',
      'openRun',
      'endOlderClusters',
      'closeRun superseded',
      'exportControl',
      'raiseAlerts',
    ]);
  });
});

describe('the slot', () => {
  test("of a scheduled run is the schedule's nominal time, however late it starts", async () => {
    const requests: unknown[] = [];
    const lake = fakeLake({
      openRun: async (request) => {
        requests.push(request);
        return opened(request);
      },
    });
    await play(lake, resultOf, new Date('2026-01-05T21:00:00Z'));
    expect(requests).toEqual([expect.objectContaining({ slot: '20260105T210000Z', kind: 'scheduled' })]);
  });

  test('of a run begun by hand is its start, to the second', async () => {
    const requests: { slot: string; kind: string }[] = [];
    const lake = fakeLake({
      openRun: async (request) => {
        requests.push(request);
        return opened(request);
      },
    });
    const startTime = await play(lake, async (handle) => {
      await handle.result();
      return (await handle.describe()).startTime;
    });
    const [date, time] = startTime.toISOString().split(/[T.]/);
    const slot = `${date?.replaceAll('-', '')}T${time?.replaceAll(':', '')}Z`;
    expect(requests).toEqual([expect.objectContaining({ slot, kind: 'manual' })]);
  });

  test.each([
    ['scheduled: only files that arrived by the nominal time', new Date('2026-01-05T21:00:00Z')],
    ['begun by hand: only files that arrived by its start, to the millisecond', undefined],
  ])('bounds what is claimed by a run %s', async (_what, nominal) => {
    const bounds: Date[] = [];
    const lake = fakeLake({
      detectDelivery: async ({ arrivedBy }) => {
        bounds.push(new Date(arrivedBy));
        return delivery({});
      },
    });
    const startTime = await play(
      lake,
      async (handle) => {
        await handle.result();
        return (await handle.describe()).startTime;
      },
      nominal,
    );
    expect(bounds).toEqual([nominal ?? startTime]);
  });
});
