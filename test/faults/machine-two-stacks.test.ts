// Two at once: two commands on one stack, two stacks on one machine, and other programs on a stack's ports.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { hold } from '../../infra/local/stack/hold.ts';
import { stackFolder } from '../../infra/local/stack/index.ts';
import { writeStack } from '../../infra/local/stack/record.ts';
import { cacheFolder } from '../../infra/local/tools/index.ts';
import { type Ended, erase, Podlake, podlake, until, up } from './machine-podlake.ts';
import { processesOf, recordOf } from './what-runs.ts';

// A stack starts within five seconds on a quiet machine, and within half a minute on a busy one.
vi.setConfig({ testTimeout: 180_000 });

const stacks: string[] = [];
const servers: Server[] = [];

function newStack(name: string): string {
  const stack = `${name}-${process.pid}`;
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  for (const stack of stacks.splice(0)) await erase(stack);
});

/** Other tests start stacks too, and this one's may have to wait for them. */
const said = ({ code, output }: Ended): Ended => ({
  code,
  output: output.replace('waiting for another stack that is starting\n', ''),
});

const start = (stack: string) => new Podlake(['up', '--no-worker', '--stack', stack]);

test('of several "up" of one stack at the same instant one starts it, and the others say so and change nothing', async () => {
  const stack = newStack('same');
  const commands = [start(stack), start(stack), start(stack)];
  await until(() => commands.some(({ output }) => output.includes('" is up')), 'one is up');
  const [first, ...others] = commands.sort((a, b) => b.output.length - a.output.length);
  const ends = await Promise.all(others.map(({ ended }) => ended));
  const record = recordOf(stack);

  const late = await podlake('up', '--no-worker', '--stack', stack);
  const detached = await podlake('up', '--no-worker', '--detach', '--stack', stack);

  for (const { code, output } of ends) {
    expect(code).toBe(1);
    expect(output).toMatch(
      /^(Another podlake command is starting, stopping or deleting the stack "same-\d+" just now\. Wait for it, and repeat\.|The stack "same-\d+" is running already \(process \d+\)\. Use it, or stop it with "podlake down --stack same-\d+"\.)$/,
    );
  }
  expect(late).toEqual({
    code: 1,
    output: `The stack "${stack}" is running already (process ${first?.pid}). Use it, or stop it with "podlake down --stack ${stack}".`,
  });
  expect(detached.output).toMatch(/^The stack "same-\d+" is running already\. Use it/);
  expect(recordOf(stack).parts).toEqual(record.parts);
  expect(first?.child.exitCode).toBeNull();
});

test('a stack whose supervisor was killed is taken by the next "up" without a wait', async () => {
  const stack = newStack('killed');
  const first = await up(stack, '--no-worker');
  first.kill('SIGKILL');
  await first.ended;

  const second = await up(stack, '--no-worker');

  expect(second.output).toContain('ending s3, left by a stack that was killed');
});

test('two stacks that start at the same moment get ports of their own and run side by side', async () => {
  const [one, two] = [newStack('one'), newStack('two')];
  const commands = [start(one), start(two)];
  await Promise.all(commands.map((command) => command.says('" is up', 60_000)));

  const ports = [one, two].flatMap((stack) => Object.values(recordOf(stack).ports));
  const doctors = await Promise.all([one, two].map((stack) => podlake('doctor', '--stack', stack)));

  expect(new Set(ports).size).toBe(10);
  expect(doctors.map(({ code }) => code)).toEqual([0, 0]);
});

test('a stack waits while another one chooses and takes its ports, and says so', async () => {
  // Stacks of the other files of tests start too, and each of them takes its turn.
  const lock = join(cacheFolder(), 'starting.lock');
  const turn = await vi.waitUntil(() => hold(lock), { timeout: 60_000 });
  onTestFinished(() => void turn.release());
  const stack = newStack('waits');
  const command = start(stack);

  await command.says('waiting for another stack that is starting');
  expect(processesOf(stack)).toEqual([]);
  turn.release();
  await command.says('" is up');
});

test('a port that another program took between two starts is told, and the stack is left as it was', async () => {
  const stack = newStack('taken');
  const first = await up(stack, '--no-worker');
  first.kill('SIGINT');
  await first.ended;
  const file = join(stackFolder(stack), 'stack.json');
  const before = readFileSync(file, 'utf8');
  const { ports } = recordOf(stack);
  const server = createServer().listen(ports.temporal, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));

  const refused = await podlake('up', '--no-worker', '--stack', stack);

  expect(said(refused)).toEqual({
    code: 1,
    output: `Port ${ports.temporal} (temporal of the stack "${stack}") is taken by another program. End that program, or give the stack new ports with "podlake up --stack ${stack} --new-ports".`,
  });
  expect(readFileSync(file, 'utf8')).toBe(before);
  await up(stack, '--no-worker', '--new-ports');
  expect(Object.values(recordOf(stack).ports)).not.toContain(ports.temporal);
});

test('another stack that has the port is named', async () => {
  const [taker, stack] = [newStack('taker'), newStack('late')];
  await up(taker, '--no-worker');
  const { ports } = recordOf(taker);
  const record = { name: stack, supervisor: null, parts: [], lastUsed: null };
  writeStack({ ...record, ports: { ...ports, s3: ports.s3 } });

  const refused = await podlake('up', '--no-worker', '--stack', stack);

  expect(said(refused)).toEqual({
    code: 1,
    output: `Port ${ports.s3} (s3 of the stack "${stack}") is taken by the stack "${taker}". Stop that one with "podlake down --stack ${taker}", or give this one new ports with "podlake up --stack ${stack} --new-ports".`,
  });
});
