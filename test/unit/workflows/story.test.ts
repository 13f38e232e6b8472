import { describe, expect, test } from 'vitest';
import { markdown, type Story } from '../../../workflows/story.ts';

const beginning: Story = {
  ...{ slot: '20260105T090000Z', kind: 'scheduled', businessDate: null },
  ...{ stage: 'waiting for the lake', attempt: null, grant: null, delivery: null },
  ...{ clusterId: null, layers: [], warnings: [], outcome: null },
};
const lines = (story: Story) => markdown(story).split('\n');

describe('the story of a run', () => {
  test('begins with slot and stage, and shows nothing that is not known yet', () => {
    expect(markdown(beginning)).toBe(
      '## Slot 20260105T090000Z\n\n**running**: waiting for the lake\n\nA scheduled run.',
    );
  });

  test('shows the day it stands for, who writes and on which cluster', () => {
    const story = { ...beginning, businessDate: '2026-01-05', attempt: 2, grant: 17 };
    expect(lines(story)).toContain('Business date 2026-01-05 in São Paulo, scheduled run, attempt 2, grant 17.');
    expect(markdown({ ...story, clusterId: 'j-1' })).toContain('grant 17, cluster `j-1`.');
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
    expect(text).toContain('4 files (2.5 MB): 2 accepted, 1 refused, 1 documents. Tables: bureau, previous.');
    expect(markdown({ ...beginning, delivery: { ...delivery, tables: [] } })).toContain('Tables: none.');
  });

  test('has a row for each layer with its sums, and one for each table of each layer', () => {
    const raw = { table: 'bureau', rows: 10, changed: null, bad: 1, seconds: 2 };
    const trusted = { table: 'bureau', rows: 1_234_567, changed: 4, bad: 0, seconds: 3.5 };
    const previous = { ...trusted, table: 'previous', rows: 33, changed: 1000 };
    const story: Story = {
      ...beginning,
      layers: [
        { step: 'raw', seconds: 2, tables: [raw], files: { loaded: 2, refused: 0 } },
        { step: 'trusted', seconds: 4, tables: [previous, trusted], files: null },
        { step: 'publish', seconds: 1.5, tables: [], files: null },
      ],
    };
    const cells = lines(story)
      .filter((line) => /^\| (raw|trusted|publish) /.test(line))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, -1),
      );
    expect(cells).toEqual([
      ['raw', '1', '10', '', '1', '2.0'],
      ['trusted', '2', '1,234,600', '1,004', '0', '4.0'],
      ['publish', '', '', '', '', '1.5'],
      ['raw', '`bureau`', '10', '', '1', '2.0'],
      ['trusted', '`bureau`', '1,234,567', '4', '0', '3.5'],
      ['trusted', '`previous`', '33', '1,000', '0', '3.5'],
    ]);
  });

  test('has warnings above the figures and tells the outcome in place of "running"', () => {
    const layers: Story['layers'] = [{ step: 'raw', seconds: 2, tables: [], files: null }];
    const warnings = ['few rows', 'late'];
    const text = markdown({ ...beginning, outcome: 'published', stage: 'publication 7', warnings, layers });
    expect(text).toMatch(/\*\*published\*\*: publication 7\n.*\n- few rows\n- late\n.*\| raw \|/s);
  });
});
