export { dataLakeRun } from './data-lake-run.ts';
export { lakeLock } from './lake-lock.ts';
