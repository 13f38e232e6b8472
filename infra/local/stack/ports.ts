import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { MachineProblem } from '../tools/index.ts';

export type Ports = { s3: number; aws: number; postgres: number; temporal: number; temporalUi: number };

const PREFERRED: Ports = { s3: 7070, aws: 7071, postgres: 7072, temporal: 7233, temporalUi: 8233 };

/**
 * The preferred ports at the first start, free ones for those that are taken; a stack keeps what it was given, so that those
 * of other stacks (`kept`) are left alone also while they are down.
 */
export async function choosePorts(prefer: boolean, kept: number[] = []): Promise<Ports> {
  const gone = new Set<number>(kept);
  const pick = async (preferred: number) => {
    for (;;) {
      const port = prefer && !gone.has(preferred) && (await isFree(preferred)) ? preferred : await freePort();
      if (gone.has(port)) continue;
      gone.add(port);
      return port;
    }
  };
  return {
    s3: await pick(PREFERRED.s3),
    aws: await pick(PREFERRED.aws),
    postgres: await pick(PREFERRED.postgres),
    temporal: await pick(PREFERRED.temporal),
    temporalUi: await pick(PREFERRED.temporalUi),
  };
}

/**
 * @param others the stacks that run, by name
 * @throws MachineProblem for the first port that another program has taken since the stack was last up
 */
export async function mustBeFree(
  ports: Ports,
  stack: string,
  others: { name: string; ports: Ports }[] = [],
): Promise<void> {
  for (const [part, port] of Object.entries(ports)) {
    if (await isFree(port)) continue;
    const taker = others.find((other) => Object.values(other.ports).includes(port));
    throw new MachineProblem(
      taker
        ? `Port ${port} (${part} of the stack "${stack}") is taken by the stack "${taker.name}". Stop that one with "podlake down --stack ${taker.name}", or give this one new ports with "podlake up --stack ${stack} --new-ports".`
        : `Port ${port} (${part} of the stack "${stack}") is taken by another program. End that program, or give the stack new ports with "podlake up --stack ${stack} --new-ports".`,
    );
  }
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Below the ports that the system gives to outgoing connections (from 32768 on Linux): there, a client that keeps knocking
 * at a part that is away may be given that part's own port, and the part cannot come back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
}
