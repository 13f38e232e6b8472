// docker-compose.yml and the Dockerfiles at work without Docker: every command runs, on this machine's copies of the programs in the
// images, in folders laid out as the images are, on free ports. What no test here has in its hands makes the last test fail.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, symlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type EMRClient, ListStepsCommand, RunJobFlowCommand } from '@aws-sdk/client-emr';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { choosePorts } from '../../infra/local/stack/ports.ts';
import { run } from '../../infra/local/tools/command.ts';
import { cacheFolder, installTools, type Tools } from '../../infra/local/tools/index.ts';
import { awsClients } from '../../workers/clients.ts';
import { type Config, parseConfig } from '../../workers/config.ts';
import { build, buildContext, type Image } from './build.ts';
import { type Container, Containers } from './containers.ts';
import { readDockerfile } from './dockerfile.ts';
import { Ledger } from './ledger.ts';
import { Outside, SEEN } from './outside.ts';
import { inOrder, type Project, REPOSITORY, readProject, type Service } from './project.ts';

const DOCKER = 'infra/local/docker';
const [AWS, WORKER] = [`${DOCKER}/aws.Dockerfile`, `${DOCKER}/worker.Dockerfile`] as const;
/** Files that hold addresses or paths of containers, by their place in an image. */
const CONFIGURATIONS = [`${DOCKER}/config.json`, `${DOCKER}/temporal.toml`, 'tools/aws.json'];

let folder: string;
let tools: Tools;
let project: Project;
let outside: Outside;
let ledger: Ledger;
let containers: Containers;
const images: Record<string, Image> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podlake-compose-'));
  // Postgres, when root starts it, runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  tools = await installTools(() => undefined);
  project = await readProject();
  const dockerfiles = Object.fromEntries([AWS, WORKER].map((file) => [file, readDockerfile(file)]));
  ledger = new Ledger(project, dockerfiles);
  const targets = Object.values(project.services).flatMap(({ volumes }) => (volumes ?? []).map(({ target }) => target));
  outside = new Outside(project, Object.values(await choosePorts(false)), ['/opt/podlake', ...targets]);
  containers = new Containers(tools, outside);
});

afterAll(async () => {
  for (const name of project ? inOrder(project).reverse() : []) await containers.stop(name, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('the Dockerfiles build: what they copy is in git, what they run succeeds', { timeout: 300_000 }, async () => {
  const files = { '/usr/local/bin/node': process.execPath };
  // As with Docker's cache of layers, what is installed already is not fetched again: it is the same by its lock files.
  const prepare = async ({ root, variables }: Image) => {
    const cache = variables['PODLAKE_CACHE'];
    if (!cache) return;
    mkdirSync(root + cache);
    for (const name of readdirSync(cacheFolder()).filter((entry) => !entry.endsWith('.lock')))
      await symlink(join(cacheFolder(), name), join(root + cache, name));
  };
  const exercised = (item: string) => ledger.exercised(item);
  const machine = {
    outside,
    files,
    prepare,
    exercised,
    context: await buildContext(),
    built: new Map<string, Image>(),
  };
  for (const [name, file] of [
    ['aws', AWS],
    ['worker', WORKER],
  ] as const) {
    const image = await build(file, name, folder, machine);
    images[file] = image;
    for (const path of CONFIGURATIONS.map((place) => join(image.root, image.workdir, place)).filter(existsSync))
      writeFileSync(path, outside.text(readFileSync(path, 'utf8'), name, image.root));
  }
});

it('images run as a user of their own, to whom the folders under their volumes belong', () => {
  for (const { build: built, volumes } of Object.values(project.services)) {
    const image = built && images[built.dockerfile];
    if (!image) continue;
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const { target } of volumes ?? []) expect(image.owners[target]).toBe(image.user);
  }
});

it('every service comes up when those that it waits for are there; its health check fails before and passes then', {
  timeout: 300_000,
}, async () => {
  for (const name of inOrder(project)) {
    const container = containerOf(name);
    const { service, image } = container;
    if (!service.healthcheck) await containers.complete(container);
    else {
      expect(await containers.healthy(container), `${name} is healthy before it runs`).toBe(false);
      await containers.start(container, service.command ?? image.command);
      ledger.exercised(`${name} health check`);
    }
    if (service.command) ledger.exercised(`${name} command`);
    else if (service.build) ledger.exercised(lineOf(service.build.dockerfile, 'CMD'));
  }
  // It polls, and so is healthy, a moment before its version is the one that gets work.
  await expect.poll(() => containers.log('worker'), { timeout: 60_000 }).toContain('worker is polling');
  ledger.exercised(`${WORKER} variable PODLAKE_CONFIG`);
});

it('every port that is published answers from outside of its container', async () => {
  for (const [name, { ports }] of Object.entries(project.services)) {
    for (const { target } of ports ?? []) {
      await connect(outside.port(target));
      ledger.exercised(`${name} port ${target}`);
    }
  }
});

it('with the configuration for this machine the tool works on the containers', { timeout: 120_000 }, async () => {
  const runs = await podlake('runs', '--json');
  expect(JSON.parse(runs)).toEqual([]);
  expect(JSON.parse(await podlake('schedule', 'apply', '--json'))).toMatchObject({ applied: expect.any(String) });
  expect(JSON.parse(await podlake('sql', '--json', 'select 1 as um'))).toEqual([{ um: '1' }]);
  expect(await podlake('generate', '--scale', '0.0001')).toContain('delivery 0: ');
});

it('Spark runs as a step of the EMR in its container, with a home that it may write', {
  timeout: 120_000,
}, async () => {
  const { s3, emr } = awsClients(hostConfig());
  const job = 'import os, pathlib\n(pathlib.Path(os.environ["HOME"]) / "seen-by-spark").touch()\n';
  await s3.send(new PutObjectCommand({ Bucket: 'podbank-controle', Key: 'job.py', Body: job }));
  const args = ['spark-submit', 's3://podbank-controle/job.py'];
  const step = { Name: 'job', HadoopJarStep: { Jar: 'command-runner.jar', Args: args } };
  const { JobFlowId: ClusterId = '' } = await emr.send(
    new RunJobFlowCommand({ Name: 'one', Instances: {}, ReleaseLabel: 'emr-7.14.0', Steps: [step] }),
  );
  expect(await stateOfOnlyStep(emr, ClusterId)).toBe('COMPLETED');
  expect(existsSync(join(imageOf(AWS).root, 'var/lib/podlake/seen-by-spark'))).toBe(true);
  ledger.exercised(`${AWS} variable HOME`);
});

it('what the image of the AWS endpoints runs was installed into it', () => {
  const { root, workdir } = imageOf(AWS);
  const configuration = JSON.parse(readFileSync(join(root, workdir, 'tools/aws.json'), 'utf8'));
  for (const file of [configuration.python, configuration.sparkHome, ...configuration.jars]) {
    expect(file).toMatch(new RegExp(`^${root}/opt/podlake/tools/`));
    expect(existsSync(file), file).toBe(true);
  }
  ledger.exercised(`${AWS} variable PODLAKE_CACHE`);
});

it('S3 takes the credentials of its variables and no others', async () => {
  const { ROOT_ACCESS_KEY = '', ROOT_SECRET_KEY = '' } = project.services['s3']?.environment ?? {};
  const { endpoints, region } = hostConfig();
  const buckets = (accessKeyId: string, secretAccessKey: string) =>
    new S3Client({
      region,
      endpoint: endpoints?.s3,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    })
      .send(new ListBucketsCommand({}))
      .then(({ Buckets }) => Buckets?.map(({ Name }) => Name));
  const layers = ['controle', 'landing', 'raw', 'refined', 'transient', 'trusted'];
  expect(await buckets(ROOT_ACCESS_KEY, ROOT_SECRET_KEY)).toEqual(layers.map((layer) => `podbank-${layer}`));
  await expect(buckets('someone', ROOT_SECRET_KEY)).rejects.toThrow();
  await expect(buckets(ROOT_ACCESS_KEY, 'a guess')).rejects.toThrow();
  for (const variable of ['ROOT_ACCESS_KEY', 'ROOT_SECRET_KEY']) ledger.exercised(`s3 variable ${variable}`);
});

it('Postgres is set up as its variables say, and as `podlake up` does it', async () => {
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = project.services['postgres']?.environment ?? {};
  const url = new URL(hostConfig().postgresUrl);
  expect([url.username, url.password, url.pathname]).toEqual([POSTGRES_USER, POSTGRES_PASSWORD, `/${POSTGRES_DB}`]);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query(
    'select current_user as who, pg_encoding_to_char(encoding) as encoding, datcollate from pg_database where datname = $1',
    [POSTGRES_DB],
  );
  await client.end();
  expect(rows).toEqual([{ who: POSTGRES_USER, encoding: 'UTF8', datcollate: 'C' }]);
  url.password = 'a-guess';
  await expect(new pg.Client({ connectionString: url.href }).connect()).rejects.toThrow(/password/);
  for (const variable of ['USER', 'PASSWORD', 'DB', 'INITDB_ARGS'])
    ledger.exercised(`postgres variable POSTGRES_${variable}`);
});

it('what services keep lies on their volumes', () => {
  for (const [name, { volumes }] of Object.entries(project.services)) {
    for (const { target } of volumes ?? []) {
      expect(readdirSync(containerOf(name).image.root + target), `${name} ${target}`).not.toEqual([]);
      ledger.exercised(`${name} volume ${target}`);
    }
  }
});

it('each service ends within the time that it is given', { timeout: 120_000 }, async () => {
  for (const name of inOrder(project).reverse()) {
    const grace = Number(/^(\d+)s$/.exec(project.services[name]?.stop_grace_period ?? '60s')?.[1]);
    // The image of Postgres asks to be ended this way.
    expect(await containers.stop(name, name === 'postgres' ? 'SIGINT' : 'SIGTERM'), name).toBeLessThan(grace);
  }
});

it('no command, path, port or variable of the files was left out', () => {
  expect(ledger.open).toEqual([]);
});

function containerOf(name: string): Container & { image: { command: string[] } } {
  const service = project.services[name] as Service;
  const root = join(folder, name);
  const official = { root, base: service.image ?? '', workdir: '/', variables: {}, command: [] };
  if (!service.build) mkdirSync(root, { recursive: true });
  return { name, service, image: service.build ? imageOf(service.build.dockerfile) : official };
}

function imageOf(file: string): Image {
  const image = images[file];
  if (!image) throw new Error(`${file} was not built`);
  return image;
}

function lineOf(file: string, name: string): string {
  const found = readDockerfile(file).find((instruction) => instruction.name === name);
  return `${file}:${found?.line} ${name}`;
}

/** The folder from which a person would call the tool, with the ports of this test in its configuration. */
function hostFolder(): string {
  const place = join(folder, 'host');
  mkdirSync(join(place, DOCKER), { recursive: true });
  for (const name of ['config.host.json', 'temporal.host.toml'])
    writeFileSync(join(place, DOCKER, name), outside.published(readFileSync(join(REPOSITORY, DOCKER, name), 'utf8')));
  return place;
}

function hostConfig(): Config {
  const file = join(hostFolder(), DOCKER, 'config.host.json');
  return parseConfig(readFileSync(file, 'utf8'), file);
}

async function podlake(...args: string[]): Promise<string> {
  const env = { ...process.env, PODLAKE_CONFIG: `${DOCKER}/config.host.json` };
  const { code, stdout, stderr } = await run(process.execPath, [join(REPOSITORY, 'cli/podlake.js'), ...args], {
    cwd: hostFolder(),
    env,
  });
  expect(code, stderr).toBe(0);
  return stdout;
}

async function stateOfOnlyStep(emr: EMRClient, cluster: string): Promise<string | undefined> {
  for (;;) {
    const { Steps } = await emr.send(new ListStepsCommand({ ClusterId: cluster }));
    const state = Steps?.[0]?.Status?.State;
    if (state !== 'PENDING' && state !== 'RUNNING') return state;
    await setTimeout(200);
  }
}

function connect(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: SEEN, port });
    socket.once('error', reject);
    socket.once('connect', () => resolve(void socket.destroy()));
  });
}
