import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { rootCertificates } from 'node:tls';
import { installOnce, versionOfFiles } from './cache.ts';
import { mustRun } from './command.ts';
import { MachineProblem, type Report } from './report.ts';

const LIST = join(import.meta.dirname, 'jars.txt');
const IVY = 'ivy-2.5.1.jar';

type Jar = { organisation: string; module: string; version: string; sha256: string };

/** The jars of `jars.txt`, fetched by the Ivy that comes with PySpark from its default repositories; hashes checked. */
export async function sparkJars(
  python: { python: string; sitePackages: string },
  java: string,
  report: Report,
): Promise<string[]> {
  const jars = readFileSync(LIST, 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map(parse);
  const folder = await installOnce(
    'jars',
    versionOfFiles(LIST),
    report,
    async (target) => {
      const work = join(target, 'work');
      await mkdir(work, { recursive: true });
      await writeFile(join(work, 'ivy.xml'), ivyModule(jars));
      const trustStore = join(work, 'trust.p12');
      await makeTrustStore(python.python, trustStore);
      await mustRun(
        'Fetching the jars for Spark',
        join(java, 'bin', 'java'),
        [
          `-Djavax.net.ssl.trustStore=${trustStore}`,
          '-Djavax.net.ssl.trustStoreType=PKCS12',
          '-Djavax.net.ssl.trustStorePassword=podlake',
          ...['-jar', join(python.sitePackages, 'pyspark', 'jars', IVY), '-warn', '-ivy', join(work, 'ivy.xml')],
          ...['-cache', join(work, 'cache'), '-retrieve', join(target, '[artifact]-[revision].[ext]')],
        ],
        { remedy: 'Check that this machine reaches a Maven repository, and repeat.' },
      );
      for (const jar of jars) await verify(join(target, fileName(jar)), jar.sha256);
      await rm(work, { recursive: true, force: true });
    },
    jars.map(fileName),
  );
  return jars.map((jar) => join(folder, fileName(jar)));
}

function parse(line: string): Jar {
  const [organisation, module, version, sha256] = line.split(' ');
  if (!organisation || !module || !version || !sha256) throw new Error(`${LIST}: cannot read the line "${line}"`);
  return { organisation, module, version, sha256 };
}

const fileName = (jar: Jar) => `${jar.module}-${jar.version}.jar`;

function ivyModule(jars: Jar[]): string {
  const dependencies = jars.map(
    ({ organisation, module, version }) =>
      `<dependency org="${organisation}" name="${module}" rev="${version}" transitive="false" conf="default->master"/>`,
  );
  return [
    '<ivy-module version="2.0"><info organisation="podlake" module="jars"/>',
    '<configurations><conf name="default"/></configurations>',
    `<dependencies>${dependencies.join('')}</dependencies></ivy-module>`,
  ].join('\n');
}

async function verify(file: string, sha256: string): Promise<void> {
  const found = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  if (found === sha256) return;
  throw new MachineProblem(
    `${file} is not the file that the project expects (sha256 ${found}, not ${sha256}). Check which Maven repository this machine uses, and repeat.`,
  );
}

/**
 * The bundled Java runtime trusts no company's own certificate authority, so that it is given those that the system
 * and Node trust (NODE_EXTRA_CA_CERTS and SSL_CERT_FILE included).
 */
async function makeTrustStore(python: string, target: string): Promise<void> {
  const files = [process.env['SSL_CERT_FILE'], process.env['NODE_EXTRA_CA_CERTS']].filter((file) => file !== undefined);
  const system = 'getCACertificates' in tls ? tls.getCACertificates('system') : [];
  const certificates = [...rootCertificates, ...system, ...files.map((file) => readFileSync(file, 'utf8'))];
  await writeFile(`${target}.pem`, certificates.join('\n'));
  await mustRun(
    'Making a trust store',
    python,
    [join(import.meta.dirname, 'trust_store.py'), `${target}.pem`, target],
    {
      remedy: 'The certificates of this machine could not be read (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS).',
    },
  );
}
