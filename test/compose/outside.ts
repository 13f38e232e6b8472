import type { Project } from './project.ts';

/** Paths in commands that name no file of a container. */
const NO_FILES = ['/dev/null', '/health'];
/** Where a container is seen from others: not its loopback, so that a program that listens there alone is found out. */
export const SEEN = '127.0.0.2';

/**
 * What the inside of containers is called outside of them: their folders lie in `root`, and each of their ports is a free one
 * of this machine. Refuses what would not work inside either: another's port on loopback, a host that is no service, a path
 * that belongs to nobody.
 */
export class Outside {
  readonly #project: Project;
  readonly #free: Map<number, number>;
  readonly #folders: string[];

  constructor(project: Project, freePorts: number[], folders: string[]) {
    this.#project = project;
    this.#folders = folders;
    const targets = Object.values(project.services).flatMap(({ ports }) => (ports ?? []).map(({ target }) => target));
    if (targets.length > freePorts.length) throw new Error(`there are ${targets.length} ports, more than expected`);
    this.#free = new Map(targets.map((target, index) => [target, freePorts[index] ?? 0]));
  }

  port(target: number): number {
    const port = this.#free.get(target);
    if (port === undefined) throw new Error(`no service has the port ${target}`);
    return port;
  }

  /** A word of a command or a variable of the service (or of the image of the service) `self`; of a server or of one who asks it. */
  word(text: string, self: string, root: string, asks = false): string {
    const mapped = this.text(asks ? text.replace(/\b127\.0\.0\.1\b/g, SEEN) : text, self, root);
    const foreign = mapped
      .replaceAll(root, '<root>')
      .match(/(?<![\w.:/>-])\/[\w.-]+(?:\/[\w.-]+)*/g)
      ?.filter((path) => !NO_FILES.includes(path));
    if (foreign?.length) throw new Error(`${self}: ${foreign[0]} lies in no folder of its image and on no volume`);
    return mapped;
  }

  /** The content of a configuration file; paths that are not of the container are left alone. */
  text(text: string, self: string, root: string): string {
    const folders = this.#folders.map((folder) => folder.replaceAll('.', '\\.')).join('|');
    return (
      text
        // Temporal's services find each other on loopback, so that its `--ip` can be no other address than all.
        .replace(/(?<!--ip=)\b0\.0\.0\.0\b|(?<=:\/\/)127\.0\.0\.1\b/g, SEEN)
        .replace(/\b(127\.0\.0\.[12]|[a-z][a-z0-9-]*):(\d{4,5})\b/g, (_, host: string, port: string) =>
          host.startsWith('127')
            ? `${host}:${this.#portOf(self, Number(port))}`
            : `${SEEN}:${this.#portOf(host, Number(port))}`,
        )
        .replace(/(?<![\w.:-])\d{4,5}(?![\w.-])/g, (port) =>
          this.#free.has(Number(port)) ? String(this.#portOf(self, Number(port))) : port,
        )
        .replace(new RegExp(`(?<![\\w.:/-])(?:${folders})(?![\\w.-])`, 'g'), (folder) => `${root}${folder}`)
    );
  }

  /** The content of a configuration file for this machine, which sees what is published. */
  published(text: string): string {
    return text.replace(/\b127\.0\.0\.1:(\d+)\b/g, (_, port: string) => {
      const of = Object.values(this.#project.services).flatMap(({ ports }) => ports ?? []);
      const found = of.find(({ host_ip, published }) => host_ip === '127.0.0.1' && published === port);
      if (!found) throw new Error(`no service publishes the port ${port}`);
      return `${SEEN}:${this.port(found.target)}`;
    });
  }

  #portOf(service: string, port: number): number {
    if (!this.#project.services[service]?.ports?.some(({ target }) => target === port))
      throw new Error(`${service} listens on no port ${port}`);
    return this.port(port);
  }
}
