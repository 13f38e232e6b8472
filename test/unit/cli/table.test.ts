import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printTable } from '../../../cli/table.ts';

const SENTENCE =
  'trusted.bureau: audit bad_row_share failed: 0.04 where 0.01 is the limit, and nothing of it was published';
const KEY = `s3://bucket/${'folder/'.repeat(12)}file.csv`;

describe('a table of the command line', () => {
  let printed: string;
  beforeEach(() => {
    printed = '';
    vi.spyOn(console, 'log').mockImplementation((text: string) => {
      printed += text;
    });
  });
  afterEach(() => vi.restoreAllMocks());

  it('has one line a row where it is piped', () => {
    printTable(['what'], [[SENTENCE]], false);
    expect(printed).toContain(SENTENCE);
  });

  it('wraps a long sentence in a terminal, and loses no word of it', () => {
    printTable(['run', 'what'], [[1, SENTENCE]], true);
    const lines = printed.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(SENTENCE.length);
    const words = lines.slice(2, -1).map((line) => line.split('│')[2]?.trim());
    expect(words.join(' ')).toBe(SENTENCE);
  });

  it('never cuts a word, as of a key', () => {
    printTable(['what'], [[KEY], [SENTENCE]], true);
    expect(printed).toContain(KEY);
  });
});
