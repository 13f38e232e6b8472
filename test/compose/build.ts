// What `docker build` does with the Dockerfiles of this project, in folders of this machine.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, posix } from 'node:path';
import { run } from '../../infra/local/tools/command.ts';
import { baseOf, copyOf, type Instruction, readDockerfile, stagesOf, variablesOf } from './dockerfile.ts';
import type { Outside } from './outside.ts';
import { REPOSITORY } from './project.ts';

export type Image = {
  root: string;
  base: string;
  workdir: string;
  variables: Record<string, string>;
  user: string;
  command: string[];
  /** Who owns what COPY gave away, by its path in the image. */
  owners: Record<string, string>;
};

/** What stands in for Docker: this machine's own copies of what base images hold. */
export type Machine = {
  outside: Outside;
  /** Files of base images by their path. */
  files: Record<string, string>;
  /** Called with the folder of a stage before a RUN. */
  prepare: (image: Image) => Promise<void>;
  /** What `.dockerignore` lets through, see `buildContext`. */
  context: string[];
  /** Stages that were built, by their instructions: one that is the same word for word is not built again. */
  built: Map<string, Image>;
  exercised: (item: string) => void;
};

/** Files of the repository that the build sees: those of git that `.dockerignore` lets through. */
export async function buildContext(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: REPOSITORY });
  const rules = readFileSync(join(REPOSITORY, '.dockerignore'), 'utf8').split('\n');
  const sees = (file: string) => {
    let seen = true;
    for (const rule of rules.filter((line) => line && !line.startsWith('#'))) {
      if (rule === '*') seen = false;
      else if (/^![\w.-]+$/.test(rule)) seen ||= file === rule.slice(1) || file.startsWith(`${rule.slice(1)}/`);
      else if (/^\*\*\/[\w.-]+$/.test(rule)) seen &&= !file.split('/').includes(rule.slice(3));
      else throw new Error(`.dockerignore: this test does not know how Docker reads "${rule}"`);
    }
    return seen;
  };
  return stdout.split('\n').filter((file) => file && sees(file) && existsSync(join(REPOSITORY, file)));
}

/** Builds all stages of a Dockerfile for the service `self` below `folder`, and returns the last. */
export async function build(file: string, self: string, folder: string, machine: Machine): Promise<Image> {
  const stages: Record<string, Image> = {};
  let image: Image | undefined;
  for (const stage of stagesOf(readDockerfile(file))) {
    const { image: base, name } = baseOf(stage);
    const words = stage.map((instruction) => `${instruction.name} ${instruction.text}`).join('\n');
    const root = join(folder, basename(file), name);
    image = machine.built.get(words) ?? (await buildStage({ file, stage, base, root, stages, self, machine }));
    machine.built.set(words, image);
    stages[name] = image;
    // A variable or a command is at work only when a service runs.
    for (const { name: kind, line } of stage)
      if (!['ENV', 'CMD'].includes(kind)) machine.exercised(`${file}:${line} ${kind}`);
  }
  if (!image) throw new Error(`${file} has no stage`);
  return image;
}

async function buildStage(options: {
  file: string;
  stage: Instruction[];
  base: string;
  root: string;
  stages: Record<string, Image>;
  self: string;
  machine: Machine;
}): Promise<Image> {
  const { file, stage, base, root, stages, self, machine } = options;
  const image: Image = { root, base, workdir: '/', variables: {}, user: 'root', command: [], owners: {} };
  await mkdir(root, { recursive: true });
  for (const instruction of stage) {
    const { name, text, line } = instruction;
    const step = STEPS[name];
    if (!step) throw new Error(`${file}:${line}: this test cannot do ${name}`);
    await step({ text, instruction, image, stages, self, machine }).catch((error: Error) => {
      throw new Error(`${file}:${line} ${name} ${text}: ${error.message}`);
    });
  }
  return image;
}

type Step = {
  text: string;
  instruction: Instruction;
  image: Image;
  stages: Record<string, Image>;
  self: string;
  machine: Machine;
};

const STEPS: Record<string, (step: Step) => Promise<void>> = {
  FROM: async () => undefined,
  WORKDIR: async ({ text, image }) => {
    image.workdir = text;
    await mkdir(image.root + text, { recursive: true });
  },
  ENV: async ({ instruction, image }) => void Object.assign(image.variables, variablesOf(instruction)),
  USER: async ({ text, image }) => {
    image.user = text;
  },
  CMD: async ({ text, image }) => {
    image.command = JSON.parse(text) as string[];
  },
  COPY: async (step) => {
    const { from, owner, sources, target } = copyOf(step.instruction);
    const path = posix.resolve(step.image.workdir, target);
    if (owner) step.image.owners[path] = owner;
    for (const source of sources) {
      const into = target.endsWith('/');
      if (from === undefined) await copyFromContext(source, step.image.root + path, into, step.machine.context);
      else await copyFromStage(source, step.stages[from], step.image, path, step.machine);
    }
  },
  RUN: async ({ text, image, self, machine }) => {
    await machine.prepare(image);
    const { code, stdout, stderr } = await run('sh', ['-ec', machine.outside.word(text, self, image.root)], {
      cwd: image.root + image.workdir,
      env: environmentOf(image, self, machine.outside),
    });
    if (code !== 0) throw new Error(`ended with code ${code}: ${`${stdout}\n${stderr}`.trim().slice(-2000)}`);
  },
};

/** The variables of an image and its own programs before those of this machine; of this machine's variables only what reaches registries. */
export function environmentOf(image: Pick<Image, 'root' | 'variables'>, self: string, outside: Outside) {
  const network = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|SSL_\w+|NODE_EXTRA_CA_CERTS|(PIP|UV)_\w+|npm_config_(registry|cache|cafile|userconfig)|\w+_proxy)$/i.test(
      name,
    ),
  );
  const own = Object.entries(image.variables).map(([name, value]) => [name, outside.word(value, self, image.root)]);
  const { PATH = '', ...others } = Object.fromEntries(network) as Record<string, string>;
  return { ...others, ...Object.fromEntries(own), PATH: `${image.root}/usr/local/bin:${PATH}` } as Record<
    string,
    string
  >;
}

async function copyFromContext(source: string, target: string, into: boolean, context: string[]): Promise<void> {
  const files = context.filter((file) => file === source || file.startsWith(`${source}/`));
  if (files.length === 0) throw new Error(`${source} is not in git, or .dockerignore keeps it out`);
  for (const file of files) {
    const place = file === source ? join(target, into ? basename(file) : '') : join(target, file.slice(source.length));
    await mkdir(dirname(place), { recursive: true });
    await cp(join(REPOSITORY, file), place);
  }
}

async function copyFromStage(source: string, stage: Image | undefined, image: Image, path: string, machine: Machine) {
  if (!stage || !isAbsolute(source)) throw new Error('give a stage of this file and an absolute path in it');
  const target = image.root + path;
  await mkdir(dirname(target), { recursive: true });
  const file = machine.files[source];
  if (file) return symlink(file, target);
  linkTree(stage.root + source, target);
  // A path in a file is the same in both stages; here each has a root of its own.
  for (const name of readdirSync(target).filter((entry) => entry.endsWith('.json'))) {
    const text = readFileSync(join(target, name), 'utf8');
    rmSync(join(target, name));
    writeFileSync(join(target, name), text.replaceAll(stage.root, image.root));
  }
}

/** A copy of a folder whose files take no space of their own. */
function linkTree(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) linkTree(from, to);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else linkSync(from, to);
  }
}
