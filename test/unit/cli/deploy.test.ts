import { describe, expect, test } from 'vitest';
import { changeOf, needOf } from '../../../cli/deploy.ts';
import type { Deployment, Version, VersionedRun } from '../../../workers/deployments.ts';

const now = new Date('2026-01-05T12:00:00Z');
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const run = (pinned: boolean): VersionedRun => ({ workflowId: 'w', runId: 'r', type: 'dataLakeRun', pinned });
const version = (buildId: string, state: Version['state'], changes: Partial<Version> = {}): Version => ({
  ...{ buildId, state, since: now, lastPoll: secondsAgo(30), runs: [], ...changes },
});
const deployment = (ramping: Deployment['ramping'] = null): Deployment => ({
  ...{ current: 'old', ramping, token: null },
  versions: [
    version('new', ramping ? 'ramping' : 'inactive'),
    version('old', 'current'),
    version('lost', 'drained', { lastPoll: null }),
  ],
});

describe('deploying', () => {
  test('makes a version current, or gives it a share', () => {
    expect(changeOf(deployment(), 'new')).toMatchObject({
      changes: true,
      before: 'old',
      sentence: expect.stringMatching(/is current and gets all/),
    });
    expect(changeOf(deployment(), 'new', 10)).toMatchObject({
      changes: true,
      sentence: expect.stringMatching(/new gets 10 %.*old the rest/),
    });
    const ramped = deployment({ buildId: 'new', percentage: 10 });
    expect(changeOf(ramped, 'new', 50)).toMatchObject({ changes: true });
    expect(changeOf(ramped, 'new', 0)).toMatchObject({
      changes: true,
      sentence: expect.stringMatching(/nothing more/),
    });
  });

  test('a second time changes nothing', () => {
    expect(changeOf(deployment(), 'old')).toMatchObject({
      changes: false,
      sentence: expect.stringMatching(/already\.$/),
    });
    const ramped = deployment({ buildId: 'new', percentage: 10 });
    expect(changeOf(ramped, 'new', 10)).toMatchObject({ changes: false });
    expect(changeOf(ramped, 'old')).toMatchObject({
      changes: false,
      sentence: expect.stringMatching(/new still gets 10 %: .*--ramp 0/),
    });
    expect(changeOf(deployment(), 'new', 0)).toMatchObject({ changes: false });
  });

  test.each(['lost', 'unknown'])('refuses a version without workers (%s), and says what to do', (buildId) => {
    expect(() => changeOf(deployment(), buildId)).toThrow(
      /No worker of version .*podlake worker.*knows new, old, lost/,
    );
    expect(() => changeOf(deployment(), buildId, 10)).toThrow(/No worker/);
  });
});

describe('the workers of a version', () => {
  const silent = { lastPoll: secondsAgo(180) };
  test.each<[Version['state'], Partial<Version>, RegExp]>([
    ['draining', { runs: [run(true)] }, /one run to end: leave its workers/],
    ['draining', {}, /no run left: its workers can be stopped/],
    // What goes over to new code does not need the old one.
    ['drained', { runs: [run(false)] }, /no run left/],
    ['inactive', {}, /podlake deploy --build-id x/],
    [
      'draining',
      { ...silent, runs: [run(true), run(false)] },
      /no worker, and 1 runs stand still.*deploy move --from x/,
    ],
    ['ramping', { ...silent, runs: [run(true)] }, /stand still/],
    ['current', silent, /gets all that begins and has no worker/],
    ['current', { lastPoll: null }, /gets all that begins and has no worker/],
  ])('when it is %s with %j are told: %s', (state, changes, told) => {
    expect(needOf(version('x', state, changes), now).join()).toMatch(told);
  });

  test('are not spoken of when they are where they should be', () => {
    expect(needOf(version('x', 'current', { runs: [run(true), run(false)] }), now)).toEqual([]);
    expect(needOf(version('x', 'ramping', { runs: [run(true)] }), now)).toEqual([]);
    expect(needOf(version('x', 'drained', silent), now)).toEqual([]);
  });
});
