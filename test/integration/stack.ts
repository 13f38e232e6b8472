// One stack for the integration test, started, used and stopped as a person does it: by the command line alone.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { ask } from '../../cli/athena-query.ts';
import { stackFolder } from '../../infra/local/stack/index.ts';
import { type AwsClients, awsClients, postgresPool, temporalClient } from '../../workers/clients.ts';
import { type Config, readConfig } from '../../workers/config.ts';

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'podlake.js');
const started = Date.now();

/** Lines of progress on the console: the whole test takes minutes. */
export const tell = (line: string) =>
  process.stdout.write(`[${String(Math.round((Date.now() - started) / 1000)).padStart(3)} s] ${line}\n`);

export type Finished = { code: number; stdout: string; stderr: string };

export class Stack {
  readonly name: string;
  #up: ChildProcess | undefined;
  #clients: { config: Config; aws: AwsClients; database: pg.Pool; temporal: Client } | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get folder(): string {
    return stackFolder(this.name);
  }

  get config() {
    return this.#connected.config;
  }

  get aws() {
    return this.#connected.aws;
  }

  get temporal() {
    return this.#connected.temporal;
  }

  get #connected() {
    if (!this.#clients) throw new Error(`the stack ${this.name} is not up`);
    return this.#clients;
  }

  async up(): Promise<void> {
    tell(`podlake up --stack ${this.name}`);
    await this.#disconnect();
    this.#up = await this.#background(['up'], '" is up');
    const config = readConfig(this.name);
    const database = postgresPool(config);
    // When the stack stops, connections that lie idle in the pool are cut.
    database.on('error', () => undefined);
    this.#clients = { config, aws: awsClients(config), database, temporal: await temporalClient(config) };
  }

  async down(): Promise<Finished> {
    await this.#disconnect();
    const down = await this.podlake('down');
    if (this.#up) await ended(this.#up);
    this.#up = undefined;
    return down;
  }

  /** Leaves no process and no file, however far the test came. */
  async erase(): Promise<void> {
    await this.down();
    await this.podlake('down', '--erase', '--yes');
  }

  /** One command of the tool, to its end. */
  async podlake(...args: string[]): Promise<Finished> {
    const child = this.#spawn(args);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    return { code, stdout, stderr };
  }

  /** Rows of a query through Athena, each value as Athena writes it. */
  async athena(query: string): Promise<(string | null)[][]> {
    return (await ask(this.aws.athena, this.config.athena.workGroup, query)).rows;
  }

  /** Rows of the control database. */
  async control<Row extends pg.QueryResultRow>(query: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.#connected.database.query<Row>(query, values)).rows;
  }

  async #disconnect(): Promise<void> {
    await this.#clients?.temporal.connection.close();
    await this.#clients?.database.end();
    this.#clients = undefined;
  }

  #spawn(args: string[]): ChildProcess {
    const { PODLAKE_CONFIG: _, ...env } = process.env;
    return spawn(process.execPath, [CLI, ...args, '--stack', this.name], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A command that stays, once it has said that it is ready. */
  async #background(args: string[], ready: string): Promise<ChildProcess> {
    const child = this.#spawn(args);
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (text: string) => {
        output += text;
        if (output.includes(ready)) resolve();
      };
      child.stdout?.setEncoding('utf8').on('data', hear);
      child.stderr?.setEncoding('utf8').on('data', hear);
      child.once('exit', () => reject(new Error(`podlake ${args[0]} ended before it was ready:\n${output}`)));
    });
    return child;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}
