import { dataLakeRun } from './data-lake-run.ts';
import { lakeLock } from './lake-lock.ts';
import { rebuildVerify } from './rebuild-verify.ts';
import { versioned } from './versioning.ts';

versioned({ dataLakeRun, lakeLock, rebuildVerify });

export { dataLakeRun, lakeLock, rebuildVerify };
