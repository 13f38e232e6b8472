import { join, resolve } from 'node:path';
import { run } from '../../infra/local/tools/command.ts';
import { composeParser } from './tools.ts';

export const REPOSITORY = resolve(import.meta.dirname, '..', '..');

/** A compose file in its long form, as Docker Compose's parser gives it. */
export type Project = { services: Record<string, Service>; volumes: Record<string, unknown> } & Record<string, unknown>;
export type Service = {
  image?: string;
  build?: { context: string; dockerfile: string };
  command: string[] | null;
  environment?: Record<string, string>;
  ports?: { host_ip?: string; target: number; published: string }[];
  volumes?: { type: string; source: string; target: string }[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
  stop_grace_period?: string;
} & Record<string, unknown>;

/** @throws Error with the parser's words when it refuses the file. */
export async function readProject(file = join(REPOSITORY, 'docker-compose.yml')): Promise<Project> {
  const { code, stdout, stderr } = await run(await composeParser(), [file]);
  if (code !== 0) throw new Error(stderr.trim());
  return JSON.parse(stdout) as Project;
}

/** The services, each behind those that it waits for. */
export function inOrder({ services }: Project): string[] {
  const ordered: string[] = [];
  const add = (name: string) => {
    if (ordered.includes(name)) return;
    Object.keys(services[name]?.depends_on ?? {}).forEach(add);
    ordered.push(name);
  };
  Object.keys(services).forEach(add);
  return ordered;
}
