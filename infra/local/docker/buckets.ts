// `node buckets.ts http://s3:7070`: makes the lake's buckets, once, before the worker starts.
import { makeBuckets } from '../stack/buckets.ts';

const endpoint = process.argv[2];
if (!endpoint) throw new Error('Name the address of S3, such as http://s3:7070.');
await makeBuckets(endpoint);
console.log(`the buckets are there at ${endpoint}`);
