import type { Tools } from '../tools/index.ts';
import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';
import { localSparkDefaults } from './spark-defaults.ts';

/** What `podlake_aws/configuration.py` reads: where the endpoints listen, keep their state and find S3, and with what Spark runs. */
export function awsConfiguration(options: {
  tools: Pick<Tools, 'python' | 'javaHome' | 'sparkHome' | 'jars'>;
  /** The address to listen on; Spark, beside the endpoints, reaches them on loopback in any case. */
  host: string;
  port: number;
  s3Endpoint: string;
  /** The state of the endpoints, and the folder for what Spark throws away. */
  state: string;
  scratch: string;
  bucketPrefix: string;
}) {
  const { tools, host, port, s3Endpoint, state, scratch, bucketPrefix } = options;
  return {
    host,
    port,
    stateDir: state,
    region: REGION,
    accountId: '123456789012',
    s3Endpoint,
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    python: tools.python,
    javaHome: tools.javaHome,
    sparkHome: tools.sparkHome,
    jars: tools.jars,
    sparkDefaults: localSparkDefaults({ endpoint: `http://127.0.0.1:${port}`, s3Endpoint, scratch }),
    athenaOutput: `s3://${bucketPrefix}-controle/athena/`,
    logLevel: 'info',
  };
}
