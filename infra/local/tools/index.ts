import { join } from 'node:path';
import { sparkJars } from './jars.ts';
import { javaHome } from './java.ts';
import { type PostgresPrograms, postgresPrograms } from './postgres.ts';
import { pythonEnvironment } from './python.ts';
import type { Report } from './report.ts';
import { temporalCli } from './temporal.ts';
import { versitygw } from './versitygw.ts';

export { cacheFolder } from './cache.ts';
export { MachineProblem, type Report } from './report.ts';

/** Every program that the local stack is made of, installed where it was missing. */
export type Tools = {
  python: string;
  sitePackages: string;
  sparkHome: string;
  javaHome: string;
  jars: string[];
  versitygw: string;
  temporal: string;
  postgres: PostgresPrograms;
};

/** Finds or installs everything; from the second time on this takes well under a second and touches no network. */
export async function installTools(report: Report): Promise<Tools> {
  const python = await pythonEnvironment(report);
  const java = await javaHome(report);
  const [jars, s3, temporal, postgres] = await Promise.all([
    sparkJars(python, java, report),
    versitygw(report),
    temporalCli(report),
    postgresPrograms(),
  ]);
  return {
    ...python,
    sparkHome: join(python.sitePackages, 'pyspark'),
    javaHome: java,
    jars,
    versitygw: s3,
    temporal,
    postgres,
  };
}
