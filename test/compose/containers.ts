// What `docker compose up` does with a service, by this machine's copies of the programs in its image.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { run } from '../../infra/local/tools/command.ts';
import type { Tools } from '../../infra/local/tools/index.ts';
import { environmentOf, type Image } from './build.ts';
import { type Outside, SEEN } from './outside.ts';
import type { Service } from './project.ts';

const STAND_INS = join(import.meta.dirname, 'stand-ins.ts');

/** A service with the image that it runs. */
export type Container = {
  name: string;
  service: Service;
  image: Pick<Image, 'root' | 'workdir' | 'variables' | 'base'>;
};

/** The programs of an image, each as the command that does the same here; what it has not cannot be run. */
function programsOf(base: string, tools: Tools): Record<string, string[]> {
  const standIn = (name: string) => [process.execPath, STAND_INS, name];
  const programs: Record<string, Record<string, string[]>> = {
    'versity/versitygw': { versitygw: [tools.versitygw], wget: standIn('wget') },
    postgres: { pg_isready: standIn('pg_isready') },
    'temporalio/temporal': { temporal: [tools.temporal] },
    node: { node: [process.execPath] },
    python: { python: [tools.python] },
  };
  const found = programs[base.split(':')[0] ?? ''];
  if (!found) throw new Error(`this test does not know what the image ${base} holds`);
  return found;
}

/** What images put before their command. */
const ENTRY: Record<string, string[]> = { 'versity/versitygw': ['versitygw'], 'temporalio/temporal': ['temporal'] };

export class Containers {
  readonly #tools: Tools;
  readonly #outside: Outside;
  readonly #running = new Map<string, { child: ChildProcess; log: string }>();

  constructor(tools: Tools, outside: Outside) {
    this.#tools = tools;
    this.#outside = outside;
  }

  /** Whether the health check passes now. */
  async healthy(container: Container): Promise<boolean> {
    return (await this.#askHealth(container)).code === 0;
  }

  #askHealth({ name, service, image }: Container) {
    const [kind, ...words] = service.healthcheck?.test ?? [];
    if (kind !== 'CMD') throw new Error(`${name}: this test knows health checks of the kind CMD alone`);
    const container = { name, service, image };
    const [file = '', ...args] = this.#command(container, words, true);
    return run(file, args, { ...this.#surroundings(container), timeoutMs: 15_000 });
  }

  /** Starts a service and waits for its health. */
  async start(container: Container, command: string[]): Promise<void> {
    const { name, image } = container;
    for (const { target } of container.service.volumes ?? []) await mkdir(image.root + target, { recursive: true });
    const postgres = image.base.startsWith('postgres:');
    const { file, args, identity } = postgres
      ? await this.#postgres(container)
      : { ...this.#split(container, command), identity: undefined };
    const log = `${image.root}.${name}.log`;
    const output = openSync(log, 'a');
    const stdio = ['ignore', output, output] as const;
    const child = spawn(file, args, { ...this.#surroundings(container), ...identity, stdio: [...stdio] });
    this.#running.set(name, { child, log });
    const deadline = Date.now() + 60_000;
    while (child.exitCode === null && Date.now() < deadline) {
      if (await this.healthy(container)) return postgres ? this.#createDatabase(container) : undefined;
      await setTimeout(100);
    }
    const { stdout, stderr } = await this.#askHealth(container);
    const [said, logged] = [`${stdout}${stderr}`.slice(-1000), this.log(name).slice(-1000)];
    throw new Error(`${name} did not become healthy. Its health check says:\n${said}\nIts log ends with:\n${logged}`);
  }

  /** Runs a service that is done when it ends. */
  async complete(container: Container): Promise<void> {
    const { file, args } = this.#split(container, container.service.command ?? []);
    const { code, stdout, stderr } = await run(file, args, this.#surroundings(container));
    if (code !== 0) throw new Error(`${container.name} ended with code ${code}: ${stdout}${stderr}`);
  }

  log(name: string): string {
    return readFileSync(this.#running.get(name)?.log ?? '', 'utf8');
  }

  /** Asks a service to end and says how many seconds that took. */
  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const child = this.#running.get(name)?.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return 0;
    const asked = Date.now();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if ((await Promise.race([ended, setTimeout(60_000, 'late', { ref: false })])) === 'late') child.kill('SIGKILL');
    await ended;
    return (Date.now() - asked) / 1000;
  }

  #split(container: Container, command: string[]): { file: string; args: string[] } {
    const words = [...(ENTRY[container.image.base.split(':')[0] ?? ''] ?? []), ...command];
    const [file = '', ...args] = this.#command(container, words, false);
    return { file, args };
  }

  #command({ name, image }: Container, words: string[], asks: boolean): string[] {
    const [program = '', ...args] = words.map((word) => this.#outside.word(word, name, image.root, asks));
    if (program.includes('/'))
      return [join(program.startsWith('/') ? '' : image.root + image.workdir, program), ...args];
    const known = programsOf(image.base, this.#tools)[program];
    if (!known) throw new Error(`${name}: ${image.base} holds no program ${program}`);
    return [...known, ...args];
  }

  #surroundings({ name, service, image }: Container) {
    const variables = { ...image.variables, ...service.environment };
    return {
      cwd: image.root + image.workdir,
      env: environmentOf({ root: image.root, variables }, name, this.#outside),
    };
  }

  /** What the entry of the official image does: a new cluster from its variables, then the server, open to all with a password. */
  async #postgres({ service, image }: Container) {
    const { POSTGRES_USER = '', POSTGRES_PASSWORD = '', POSTGRES_INITDB_ARGS = '' } = service.environment ?? {};
    const { initdb, postgres } = this.#tools.postgres;
    const data = join(image.root, 'var/lib/postgresql/18/docker');
    const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
    await mkdir(data, { recursive: true });
    const password = join(image.root, 'password');
    await writeFile(password, POSTGRES_PASSWORD);
    if (identity) for (const path of [data, password]) await chown(path, identity.uid, identity.gid);
    await chmod(data, 0o700);
    if (!existsSync(join(data, 'PG_VERSION'))) {
      const options = ['-D', data, '-U', POSTGRES_USER, `--pwfile=${password}`, '--auth-host=scram-sha-256'];
      const result = await run(initdb, [...options, ...POSTGRES_INITDB_ARGS.split(' ')], { identity });
      if (result.code !== 0) throw new Error(`initdb: ${result.stderr}`);
      await appendFile(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');
    }
    const settings = [`listen_addresses=${SEEN}`, `port=${this.#outside.port(5432)}`, 'unix_socket_directories='];
    return { file: postgres, args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], identity };
  }

  async #createDatabase({ service }: Container): Promise<void> {
    const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB } = service.environment ?? {};
    const place = { host: SEEN, port: this.#outside.port(5432), database: 'postgres' };
    const client = new pg.Client({ ...place, user, password });
    await client.connect();
    await client.query(`create database ${pg.escapeIdentifier(POSTGRES_DB ?? '')}`);
    await client.end();
  }
}
