import { defineSearchAttributeKey } from '@temporalio/common';

/** By these the runs are found and told apart in the Temporal web UI. */
export const LAKE_SLOT = defineSearchAttributeKey('LakeSlot', 'DATETIME');
export const LAKE_OUTCOME = defineSearchAttributeKey('LakeOutcome', 'KEYWORD');
export const LAKE_FILES = defineSearchAttributeKey('LakeFiles', 'INT');
export const LAKE_ROWS = defineSearchAttributeKey('LakeRows', 'INT');
/** Set by the server on what a schedule starts: the slot's nominal time. */
export const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

export const LAKE_SEARCH_ATTRIBUTES = [LAKE_SLOT, LAKE_OUTCOME, LAKE_FILES, LAKE_ROWS];
