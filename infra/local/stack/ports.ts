import { createServer } from 'node:net';
import { MachineProblem } from '../tools/index.ts';

export type Ports = { s3: number; aws: number; postgres: number; temporal: number; temporalUi: number };

const PREFERRED: Ports = { s3: 7070, aws: 7071, postgres: 7072, temporal: 7233, temporalUi: 8233 };

/** The preferred ports at the first start, free ones for those that are taken; a stack keeps what it was given. */
export async function choosePorts(prefer: boolean): Promise<Ports> {
  const chosen = new Set<number>();
  const pick = async (preferred: number) => {
    for (;;) {
      const port = prefer && !chosen.has(preferred) && (await isFree(preferred)) ? preferred : await freePort();
      if (chosen.has(port)) continue;
      chosen.add(port);
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

/** @throws MachineProblem for the first port that another program has taken since the stack was last up. */
export async function mustBeFree(ports: Ports, stack: string): Promise<void> {
  for (const [part, port] of Object.entries(ports)) {
    if (await isFree(port)) continue;
    throw new MachineProblem(
      `Port ${port} (${part} of the stack "${stack}") is taken by another program. End that program, or give the stack new ports with "podlake up --new-ports".`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
