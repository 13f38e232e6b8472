import { backfill } from './backfill.ts';
import { dataLakeRun } from './data-lake-run.ts';
import { lakeLock } from './lake-lock.ts';
import { maintenance } from './maintenance.ts';
import { playBackfill } from './play-backfill.ts';
import { rebuildVerify } from './rebuild-verify.ts';
import { versioned } from './versioning.ts';

versioned({ backfill, dataLakeRun, lakeLock, maintenance, playBackfill, rebuildVerify });

export { backfill, dataLakeRun, lakeLock, maintenance, playBackfill, rebuildVerify };
