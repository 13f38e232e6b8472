/** Names by which workflows, clients and people find each other on the Temporal server. */
export const LAKE_LOCK_ID = 'lake-lock';
export const LAKE_LOCK_TYPE = 'lakeLock';
export const REQUEST_LAKE = 'requestLake';
export const LAKE_GRANTED = 'lakeGranted';
export const LAKE_STATE = 'lakeState';
export const DATA_LAKE_RUN_TYPE = 'dataLakeRun';
export const RUN_ID_PREFIX = 'data-lake-run';
export const SCHEDULE_ID = 'pod-bank-data-lake';
