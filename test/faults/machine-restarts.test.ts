// Parts that die under a stack, and stacks that are stopped or killed at bad moments.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CreateDatabaseCommand, GetDatabasesCommand } from '@aws-sdk/client-glue';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, expect, test, vi } from 'vitest';
import { stackFolder } from '../../infra/local/stack/index.ts';
import { startTime } from '../../infra/local/stack/process.ts';
import { awsClients, postgresPool, temporalClient } from '../../workers/clients.ts';
import { readConfig } from '../../workers/config.ts';
import { erase, Podlake, podlake, until, up } from './machine-podlake.ts';
import { pidOf, processesOf, recordOf } from './what-runs.ts';

// A stack starts within five seconds on a quiet machine, and within half a minute on a busy one.
vi.setConfig({ testTimeout: 180_000 });

const PARTS = ['s3', 'aws', 'postgres', 'temporal', 'worker'];
const stacks: string[] = [];
const steps: ChildProcess[] = [];

function newStack(name: string): string {
  const stack = `${name}-${process.pid}`;
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  for (const stack of stacks.splice(0)) await erase(stack);
  for (const step of steps.splice(0)) step.kill('SIGKILL');
});

/** Kills a part and waits until another process has its place. */
async function killAndAwait(stack: string, part: string, command: Podlake): Promise<void> {
  const pid = pidOf(stack, part);
  const told = command.output.length;
  process.kill(pid, 'SIGKILL');
  await until(
    () => command.output.slice(told).includes(`${part} ended by itself (SIGKILL); starting it again`),
    `${part} is told to have ended`,
  );
  await until(() => pidOf(stack, part) !== pid, `${part} runs again`);
}

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Keeps something in each part; the answer is whether all of it is there. */
async function keepSomething(stack: string): Promise<() => Promise<unknown[]>> {
  const config = readConfig(stack);
  const { s3, glue } = awsClients(config);
  const place = { Bucket: 'podbank-landing', Key: 'kept' };
  await s3.send(new PutObjectCommand({ ...place, Body: 'object' }));
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'kept' } }));
  const database = postgresPool(config);
  await database.query(`create table kept as select 'row' as content`).finally(() => database.end());
  const client = await temporalClient(config);
  await client.workflow.start('kept', { taskQueue: 'nobody', workflowId: 'kept' });
  await client.connection.close();
  return async () => {
    const object = await (await s3.send(new GetObjectCommand(place))).Body?.transformToString();
    const { DatabaseList = [] } = await glue.send(new GetDatabasesCommand({}));
    const pool = postgresPool(config);
    const { rows } = await pool.query('select content from kept').finally(() => pool.end());
    const temporal = await temporalClient(config);
    const { status } = await temporal.workflow.getHandle('kept').describe();
    await temporal.connection.close();
    return [object, DatabaseList.map(({ Name }) => Name).filter((name) => name === 'kept'), rows, status.name];
  };
}

/** What the endpoint leaves of a step that it started: a process in a session of its own, and a file that names it. */
async function startStep(stack: string): Promise<ChildProcess> {
  const step = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  steps.push(step);
  const folder = join(stackFolder(stack), 'aws', 'emr', 'steps', 's-1');
  mkdirSync(folder, { recursive: true });
  const startToken = `boot:${await startTime(step.pid ?? 0)}`;
  writeFileSync(join(folder, 'wrapper.json'), JSON.stringify({ pid: step.pid, startToken }));
  return step;
}

test('each part that is killed is started again at the same place, with all that it had acknowledged, and steps go on', async () => {
  const stack = newStack('restarts');
  const command = await up(stack);
  const { ports } = recordOf(stack);
  const kept = await keepSomething(stack);
  const before = await kept();
  const step = await startStep(stack);

  for (const part of PARTS) await killAndAwait(stack, part, command);
  await until(async () => (await podlake('doctor', '--stack', stack)).code === 0, 'the stack is well');

  expect(await kept()).toEqual(before);
  expect(recordOf(stack).ports).toEqual(ports);
  expect(step.exitCode).toBeNull();
  expect(command.child.exitCode).toBeNull();
});

test('a part that ends five times within two minutes ends the stack, in order and with the end of its log', async () => {
  const stack = newStack('too-often');
  const command = await up(stack, '--no-worker');

  for (let end = 1; end < 5; end++) {
    await killAndAwait(stack, 's3', command);
    await until(() => answers(recordOf(stack).ports.s3), 's3 answers again');
    // The supervisor asks too, and what ends before it has an answer did not start.
    await setTimeout(300);
  }
  process.kill(pidOf(stack, 's3'), 'SIGKILL');
  const { code, output } = await command.ended;

  expect(output).toMatch(
    /s3 ended 5 times within 2 minutes, the last time with SIGKILL\. Its log, .*s3\.log, ends with:\n(?:.*\n)*stopping aws\nstopping temporal\nstopping postgres$/,
  );
  expect([code, processesOf(stack), recordOf(stack).supervisor]).toEqual([1, [], null]);
});

test('a stack that is stopped while a part is being started again stops whole', async () => {
  const stack = newStack('stop-in-restart');
  for (const [index, part] of ['postgres', 'aws', 'temporal'].entries()) {
    const command = await up(stack, '--no-worker');
    process.kill(pidOf(stack, part), 'SIGKILL');
    await command.says(`${part} ended by itself`);
    await setTimeout(index * 60);
    command.kill('SIGINT');
    const { code } = await command.ended;

    expect([code, processesOf(stack), recordOf(stack).parts]).toEqual([0, [], []]);
  }
});

test('a stack that is stopped while it starts for the first time stops whole, and starts the next time', async () => {
  const stack = newStack('stop-in-start');
  const command = new Podlake(['up', '--no-worker', '--stack', stack]);
  await until(() => processesOf(stack).length > 1, 'something runs');
  command.kill('SIGINT');
  const { code, output } = await command.ended;

  expect(output).toMatch(/The stack was stopped while it was starting\.$/);
  expect([code, processesOf(stack)]).toEqual([1, []]);
  await up(stack, '--no-worker');
});

test('whatever was spawned is known, so that a stack killed in the middle of its start leaves nothing behind for ever', async () => {
  const stack = newStack('kill-in-start');
  // Twice, for the first start of a stack takes another way than the later ones.
  for (const wanted of [1, 3]) {
    const command = new Podlake(['up', '--no-worker', '--stack', stack]);
    await until(() => {
      if (command.child.exitCode !== null) throw new Error(command.output);
      try {
        return recordOf(stack).supervisor?.pid === command.pid && recordOf(stack).parts.length >= wanted;
      } catch {
        return false;
      }
    }, `${wanted} parts are recorded`);
    command.kill('SIGKILL');
    await command.ended;
    expect(processesOf(stack).length).toBeGreaterThan(0);
  }

  const again = await up(stack, '--no-worker');

  expect(again.output).toMatch(/ending \w+, left by a stack that was killed/);
  expect(processesOf(stack).filter((words) => words.includes('versitygw')).length).toBe(1);
});
