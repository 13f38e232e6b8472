import { ACCESS_KEY, REGION, SECRET_KEY } from './s3.ts';

/** What the local EMR puts over a cluster's own settings: one machine instead of many, and endpoints instead of AWS. */
export function localSparkDefaults(options: {
  endpoint: string;
  s3Endpoint: string;
  scratch: string;
}): Record<string, string> {
  const s3a = 'spark.hadoop.fs.s3a';
  const lake = 'spark.sql.catalog.lake';
  return {
    'spark.master': 'local[2]',
    'spark.submit.deployMode': 'client',
    'spark.driver.memory': '3g',
    // Steps of seconds end before the optimising compiler pays, and with two cores a parallel collector only gets in the way.
    // With one compiler the JVM keeps room for 48 MB of compiled code. Spark compiles more, and the JVM ends where it is full.
    'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.local.dir': options.scratch,
    'spark.sql.warehouse.dir': `file:${options.scratch}/warehouse`,
    'spark.sql.shuffle.partitions': '4',
    'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    [`${s3a}.endpoint`]: options.s3Endpoint,
    [`${s3a}.endpoint.region`]: REGION,
    [`${s3a}.path.style.access`]: 'true',
    [`${s3a}.connection.ssl.enabled`]: 'false',
    [`${s3a}.access.key`]: ACCESS_KEY,
    [`${s3a}.secret.key`]: SECRET_KEY,
    [`${s3a}.change.detection.mode`]: 'none',
    // Without it S3A seems to hang on versitygw, where removing a marker removes a folder.
    [`${s3a}.directory.marker.retention`]: 'keep',
    [`${lake}.glue.endpoint`]: options.endpoint,
    [`${lake}.client.region`]: REGION,
    [`${lake}.s3.endpoint`]: options.s3Endpoint,
    [`${lake}.s3.path-style-access`]: 'true',
  };
}
