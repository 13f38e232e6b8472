/** Names by which workflows, clients and people find each other on the Temporal server. */
export const LAKE_LOCK_ID = 'lake-lock';
export const LAKE_LOCK_TYPE = 'lakeLock';
export const REQUEST_LAKE = 'requestLake';
export const LAKE_GRANTED = 'lakeGranted';
export const LAKE_STATE = 'lakeState';
export const DATA_LAKE_RUN_TYPE = 'dataLakeRun';
export const RUN_ID_PREFIX = 'data-lake-run';
export const REBUILD_VERIFY_TYPE = 'rebuildVerify';
/** One id, so that there is one verification at a time. */
export const REBUILD_VERIFY_ID = 'rebuild-verify';
export const MAINTENANCE_TYPE = 'maintenance';
export const MAINTENANCE_ID_PREFIX = 'maintenance';
export const HOURLY_SCHEDULE_ID = 'pod-bank-maintenance-hourly';
export const WEEKLY_SCHEDULE_ID = 'pod-bank-maintenance-weekly';
export const SCHEDULE_ID = 'pod-bank-data-lake';
/** The queue of backfills, of which there is one. */
export const BACKFILL_QUEUE_ID = 'pod-bank-backfill';
/** The child that plays one of them. */
export const backfillId = (backfill: number | string) => `${BACKFILL_QUEUE_ID}-${backfill}`;
export const BACKFILL_QUEUE_TYPE = 'backfill';
export const ASK_BACKFILL = 'backfill';
export const CANCEL_BACKFILL = 'cancelBackfill';
export const BACKFILL_PROGRESS = 'backfillProgress';
export const BACKFILLS = 'backfills';
export const PLAY_BACKFILL_TYPE = 'playBackfill';
