import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildIdOf } from '../../../workers/build-id.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const CODE = ['activities', 'catalog', 'control-db', 'workers', 'workflows', 'spark', 'package-lock.json'];

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'clone-'));
  for (const part of CODE) cpSync(join(ROOT, part), join(clone, part), { recursive: true });
});
afterEach(() => rmSync(clone, { recursive: true }));
const write = (path: string, text: string) => {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), text);
};

describe('the build id', () => {
  test('is the same in a clone of another time and place, whatever was run and written beside the code', () => {
    utimesSync(join(clone, 'workflows', 'index.ts'), 0, 0);
    write('spark/podlake_spark/__pycache__/raw.cpython-312.pyc', 'compiled');
    write('spark/tests/test_more.py', 'assert True');
    write('workflows/README.md', 'text');
    write('docs/more.md', 'text');
    expect(buildIdOf(clone)).toBe(buildIdOf(ROOT));
    expect(buildIdOf(clone)).toMatch(/^[0-9a-f]{12}$/);
  });

  test.each([
    ...[
      'activities/more.ts',
      'catalog/trusted/bureau.yaml',
      'control-db/migrations/0001_runs.sql',
      'workers/worker.ts',
    ],
    ...['workflows/lake-lock.ts', 'spark/main.py', 'spark/podlake_spark/raw.py', 'package-lock.json'],
  ])('is another after a change of %s', (path) => {
    const before = buildIdOf(clone);
    write(path, 'changed');
    expect(buildIdOf(clone)).not.toBe(before);
  });

  test('is another when what a file holds moves to the next', () => {
    write('workflows/a.ts', 'one');
    write('workflows/b.ts', 'two');
    const before = buildIdOf(clone);
    write('workflows/a.ts', 'onetwo');
    write('workflows/b.ts', '');
    expect(buildIdOf(clone)).not.toBe(before);
  });
});
