import { defineSearchAttributeKey } from '@temporalio/common';

/** By these the runs are found and told apart in the Temporal web UI. */
export const LAKE_SLOT = defineSearchAttributeKey('LakeSlot', 'DATETIME');
/** The slot's day in São Paulo, such as `2026-01-05`: what people have in mind when they look for a run. */
export const LAKE_BUSINESS_DATE = defineSearchAttributeKey('LakeBusinessDate', 'KEYWORD');
export const LAKE_KIND = defineSearchAttributeKey('LakeKind', 'KEYWORD');
/** The source tables of the delivery. */
export const LAKE_TABLES = defineSearchAttributeKey('LakeTables', 'KEYWORD_LIST');
export const LAKE_OUTCOME = defineSearchAttributeKey('LakeOutcome', 'KEYWORD');
export const LAKE_FILES = defineSearchAttributeKey('LakeFiles', 'INT');
export const LAKE_ROWS = defineSearchAttributeKey('LakeRows', 'INT');
/** Set by the server on what a schedule starts: the slot's nominal time. */
export const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

export const LAKE_SEARCH_ATTRIBUTES = [
  LAKE_SLOT,
  LAKE_BUSINESS_DATE,
  LAKE_KIND,
  LAKE_OUTCOME,
  LAKE_FILES,
  LAKE_ROWS,
  LAKE_TABLES,
];
