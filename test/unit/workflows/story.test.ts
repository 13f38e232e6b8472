import { describe, expect, test } from 'vitest';
import { markdown, type Story } from '../../../workflows/story.ts';

const beginning: Story = {
  ...{ slot: '20260105T090000Z', stage: 'waiting for the lake', attempt: null, grant: null, delivery: null },
  ...{ clusterId: null, layers: [], warnings: [], outcome: null },
};
const lines = (story: Story) => markdown(story).split('\n');

describe('the story of a run', () => {
  test('begins with slot and stage, and shows nothing that is not known yet', () => {
    expect(markdown(beginning).trim()).toBe('## Slot 20260105T090000Z\n\n**running**: waiting for the lake');
  });

  test('shows who writes and on which cluster', () => {
    const story = { ...beginning, attempt: 2, grant: 17 };
    expect(lines(story)).toContain('Attempt 2, grant 17.');
    expect(lines({ ...story, clusterId: 'j-1' })).toContain('Attempt 2, grant 17, cluster `j-1`.');
  });

  test('counts the delivery', () => {
    const delivery = {
      files: 4,
      accepted: 2,
      refused: 1,
      documents: 1,
      bytes: 2_500_000,
      tables: ['bureau', 'previous'],
    };
    const text = markdown({ ...beginning, delivery });
    expect(text).toContain('4 files (2.5 MB), 2 accepted, 1 refused, 1 documents; tables: bureau, previous.');
    expect(markdown({ ...beginning, delivery: { ...delivery, tables: [] } })).toContain('tables: none.');
  });

  test('has a row for each table of each layer', () => {
    const raw = { table: 'bureau', rows: 10, changed: null, bad: 1, seconds: 2 };
    const trusted = { table: 'bureau', rows: 30, changed: 4, bad: 0, seconds: 3.5 };
    const story: Story = {
      ...beginning,
      layers: [
        { step: 'raw', seconds: 2, tables: [raw], files: { loaded: 2, refused: 0 } },
        { step: 'trusted', seconds: 4, tables: [trusted, { ...trusted, table: 'previous' }], files: null },
      ],
    };
    const cells = lines(story)
      .filter((line) => line.includes('`'))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(2, -1),
      );
    expect(cells).toEqual([
      ['`bureau`', '10', '', '1', '2'],
      ['`bureau`', '30', '4', '0', '3.5'],
      ['`previous`', '30', '4', '0', '3.5'],
    ]);
  });

  test('ends with the warnings and tells the outcome in place of "running"', () => {
    const story: Story = { ...beginning, outcome: 'published', stage: 'publication 7', warnings: ['few rows', 'late'] };
    expect(markdown(story)).toContain('**published**: publication 7');
    expect(lines(story).slice(-2)).toEqual(['- few rows', '- late']);
  });
});
