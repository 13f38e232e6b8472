export { dataLakeRun } from './data-lake-run.ts';
export { lakeLock } from './lake-lock.ts';
export { rebuildVerify } from './rebuild-verify.ts';
