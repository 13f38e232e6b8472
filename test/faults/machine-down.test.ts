// `podlake down`, with its question and after a kill.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { stackFolder } from '../../infra/local/stack/index.ts';
import { startTime } from '../../infra/local/stack/process.ts';
import { run } from '../../infra/local/tools/command.ts';
import { CLI, type Ended, erase, podlake, until, up } from './machine-podlake.ts';
import { processesOf, recordOf } from './what-runs.ts';

// A stack starts within five seconds on a quiet machine, and within half a minute on a busy one.
vi.setConfig({ testTimeout: 180_000 });

const stack = `down-${process.pid}`;
const question = `Stop the stack "${stack}" and delete everything in ${stackFolder(stack)}? (yes/no) `;

afterEach(() => erase(stack));

/** Makes a stack's folder without starting anything for long. */
async function stopped(): Promise<void> {
  const command = await up(stack, '--no-worker');
  command.kill('SIGINT');
  await command.ended;
}

/** The command with a terminal for its input and output, and a person who answers its question. */
async function onTerminal(answer: string, ...words: string[]): Promise<Ended> {
  const terminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const python = process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? 'python3';
  const child = spawn(python, ['-c', terminal, process.execPath, CLI, ...words, '--stack', stack]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await until(
    () => output.includes(question),
    () => `it asks; it said ${output}`,
  );
  child.stdin.write(`${answer}\n`);
  return { code: await ended, output };
}

test('"down --erase" deletes after a "yes" and nothing after a "no" or a "y"', async () => {
  await stopped();
  for (const answer of ['no', 'y', '']) {
    const { code, output } = await onTerminal(answer, 'down', '--erase');
    expect([code, output]).toEqual([0, expect.stringContaining('nothing was stopped or deleted')]);
  }
  expect(existsSync(stackFolder(stack))).toBe(true);

  const { code, output } = await onTerminal('yes', 'down', '--erase');

  expect([code, output]).toEqual([0, expect.stringContaining(`deleted ${stackFolder(stack)}`)]);
  expect(existsSync(stackFolder(stack))).toBe(false);
});

test('"down --erase" without a terminal says what to do, and leaves the stack running', async () => {
  const command = await up(stack, '--no-worker');

  const { code, output } = await podlake('down', '--erase', '--stack', stack);

  expect([code, output]).toEqual([
    1,
    `${question.replace(' (yes/no) ', '')} There is no terminal to ask on: repeat with --yes. Nothing was deleted.`,
  ]);
  expect(command.child.exitCode).toBeNull();
});

test('"down --erase --yes" stops what runs and deletes it, without a question', async () => {
  const command = await up(stack, '--no-worker');

  const { code } = await podlake('down', '--erase', '--yes', '--stack', stack);

  expect([code, (await command.ended).code, existsSync(stackFolder(stack)), processesOf(stack)]).toEqual([
    0,
    0,
    false,
    [],
  ]);
  expect(await podlake('down', '--erase', '--stack', stack)).toEqual({
    code: 0,
    output: `there is no stack "${stack}"`,
  });
});

test.each(['down', 'down --erase --yes'])(
  '"%s" of a stack whose supervisor was killed ends the Spark step that went on, one that will not end too',
  async (words) => {
    const command = await up(stack, '--no-worker');
    command.kill('SIGKILL');
    await command.ended;
    const deaf = 'trap "" TERM; while :; do sleep 1; done';
    const step = spawn('sh', ['-c', deaf], { detached: true, stdio: 'ignore' });
    const folder = join(stackFolder(stack), 'aws', 'emr', 'j-1', 'steps', 's-1', '0');
    mkdirSync(folder, { recursive: true });
    const startToken = `boot:${await startTime(step.pid ?? 0)}`;
    writeFileSync(join(folder, 'wrapper.json'), JSON.stringify({ pid: step.pid, startToken }));

    const { output } = await podlake(...words.split(' '), '--stack', stack);

    expect(output).toContain('ended the Spark steps that ran');
    expect(await startTime(step.pid ?? 0)).toBeNull();
  },
);

test('"down" of a stack whose supervisor was killed ends what it left, and a second one finds nothing', async () => {
  const command = await up(stack, '--no-worker');
  command.kill('SIGKILL');
  await command.ended;
  expect(processesOf(stack).length).toBeGreaterThanOrEqual(3);

  const first = await podlake('down', '--stack', stack);
  const second = await podlake('down', '--stack', stack);

  expect(first.output.split('\n')).toEqual([
    ...['aws', 'temporal', 'postgres', 's3'].map((part) => `ending ${part}, left by a stack that was killed`),
    `the stack "${stack}" is stopped`,
  ]);
  expect(second.output).toBe(`the stack "${stack}" was not running`);
  expect([processesOf(stack), recordOf(stack).parts]).toEqual([[], []]);
});

test('closing the terminal in which a stack runs stops it in order', async () => {
  const closing = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
said = b""
while b'" is up' not in said: said += os.read(terminal, 4096)
os.close(terminal)
os.waitpid(pid, 0)`;
  const python = process.env['PODLAKE_PYTHON_ENVIRONMENT'] ?? 'python3';

  const { stderr } = await run(python, ['-c', closing, process.execPath, CLI, 'up', '--no-worker', '--stack', stack]);

  expect(stderr).toBe('');
  const { supervisor, parts } = recordOf(stack);
  expect([supervisor, parts, processesOf(stack)]).toEqual([null, [], []]);
});
