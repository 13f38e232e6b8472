import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { failFast, fenced, final } from '../../../activities/failures.ts';
import { LostGrant } from '../../../control-db/queries/database.ts';

/** What an activity that throws this ends with. */
const thrownBy = async (error: unknown): Promise<unknown> => {
  const { work } = failFast({
    work: async () => {
      throw error;
    },
  });
  return work().then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
};

const postgresError = (code: string) => Object.assign(new Error('from Postgres'), { code, severity: 'ERROR' });

describe('an activity', () => {
  test.each([
    ['a TypeError', new TypeError('x is undefined')],
    ['a RangeError', new RangeError('not a slot')],
    ['a broken constraint', postgresError('23514')],
    ['wrong SQL', postgresError('42703')],
    ['data that a column does not take', postgresError('22001')],
  ])('fails for good on %s, names itself and keeps the cause', async (_what, error) => {
    const thrown = await thrownBy(error);
    expect(thrown).toBeInstanceOf(ApplicationFailure);
    expect(thrown).toMatchObject({ type: 'Bug', nonRetryable: true, message: `work: ${error.message}`, cause: error });
  });

  test.each([
    ['a database that restarts', postgresError('57P01')],
    ['too many connections', postgresError('53300')],
    ['a deadlock', postgresError('40P01')],
    ['a network that is down', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    // A code that begins like one of Postgres's classes, from someone else.
    ['a service of another kind', Object.assign(new Error('busy'), { code: '42' })],
    ['a failure that has a type already', final('StepFailed', 'the job died')],
  ])('leaves %s as it is', async (_what, error) => {
    expect(await thrownBy(error)).toBe(error);
  });

  test('that succeeds gives what it gave', async () => {
    expect(await failFast({ work: async (value: number) => value + 1 }).work(1)).toBe(2);
  });
});

describe('the fence', () => {
  test('turns a lost grant into the failure that workflows know', async () => {
    const lost = fenced(Promise.reject(new LostGrant('grant 1 is over')));
    await expect(lost).rejects.toMatchObject({ type: 'LostGrant', nonRetryable: true, message: 'grant 1 is over' });
  });

  test('lets everything else through', async () => {
    await expect(fenced(Promise.resolve(5))).resolves.toBe(5);
    const error = new Error('no connection');
    await expect(fenced(Promise.reject(error))).rejects.toBe(error);
  });
});
