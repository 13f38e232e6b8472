import { type Instruction, variablesOf } from './dockerfile.ts';
import type { Project, Service } from './project.ts';

/** Keys of a service that hold no command, path or variable, or whose content is entered item by item below. */
const ACCOUNTED = [
  'image',
  'build',
  'command',
  'environment',
  'ports',
  'volumes',
  'healthcheck',
  'depends_on',
  'restart',
];
const PLAIN = ['entrypoint', 'networks', 'init', 'mem_limit', 'stop_grace_period'];
const PLAIN_AT_TOP = ['name', 'services', 'networks', 'volumes', 'x-health'];

/** Every command, path, port and variable of the files; what is still open at the end was in no test's hands. */
export class Ledger {
  readonly #open = new Set<string>();
  readonly #known = new Set<string>();

  constructor(project: Project, dockerfiles: Record<string, Instruction[]>) {
    for (const key of Object.keys(project)) if (!PLAIN_AT_TOP.includes(key)) this.#enter(`key ${key}`);
    for (const [name, service] of Object.entries(project.services)) this.#enterService(name, service);
    for (const [file, instructions] of Object.entries(dockerfiles)) {
      for (const instruction of instructions) {
        if (instruction.name !== 'ENV') this.#enter(`${file}:${instruction.line} ${instruction.name}`);
        else for (const name of Object.keys(variablesOf(instruction))) this.#enter(`${file} variable ${name}`);
      }
    }
  }

  /** Notes that a test has had this item at work. */
  exercised(item: string): void {
    if (!this.#known.has(item)) throw new Error(`The files hold no "${item}"; a test that shows it is of no use.`);
    this.#open.delete(item);
  }

  get open(): string[] {
    return [...this.#open].sort();
  }

  #enter(item: string): void {
    this.#known.add(item);
    this.#open.add(item);
  }

  #enterService(name: string, service: Service): void {
    for (const [key, value] of Object.entries(service)) {
      const plain = PLAIN.includes(key) && (key !== 'entrypoint' || value === null);
      if (!ACCOUNTED.includes(key) && !plain) this.#enter(`${name} key ${key}`);
    }
    if (service.command) this.#enter(`${name} command`);
    if (service.healthcheck) this.#enter(`${name} health check`);
    for (const variable of Object.keys(service.environment ?? {})) this.#enter(`${name} variable ${variable}`);
    for (const { target } of service.volumes ?? []) this.#enter(`${name} volume ${target}`);
    for (const { target } of service.ports ?? []) this.#enter(`${name} port ${target}`);
  }
}
