// `node install-aws.ts FOLDER`, while the image of the AWS endpoints is built: Python, Java, Spark and its jars from the lock files of
// `podlake up`, into PODLAKE_CACHE; in FOLDER a name for Python that stays and the configuration of the endpoints.
import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { awsConfiguration } from '../stack/aws-configuration.ts';
import { BUCKET_PREFIX } from '../stack/buckets.ts';
import { sparkJars } from '../tools/jars.ts';
import { javaHome } from '../tools/java.ts';
import { pythonEnvironment } from '../tools/python.ts';

const folder = process.argv[2];
if (!folder) throw new Error('Name the folder for the configuration.');
const report = (line: string) => console.log(line);
const environment = await pythonEnvironment(report);
const java = await javaHome(report);
const configuration = awsConfiguration({
  tools: {
    python: environment.python,
    sparkHome: join(environment.sitePackages, 'pyspark'),
    javaHome: java,
    jars: await sparkJars(environment, java, report),
  },
  host: '0.0.0.0',
  port: 7071,
  s3Endpoint: 'http://s3:7070',
  state: '/var/lib/podlake/aws',
  scratch: '/var/lib/podlake/spark',
  bucketPrefix: BUCKET_PREFIX,
});
await symlink(relative(resolve(folder), dirname(dirname(environment.python))), join(folder, 'python'));
await writeFile(join(folder, 'aws.json'), `${JSON.stringify(configuration, null, 2)}\n`);
