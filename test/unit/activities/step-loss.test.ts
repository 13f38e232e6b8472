import { expect, test } from 'vitest';
import { isPassing } from '../../../activities/step-loss.ts';

test.each([
  "The step's process was ended by signal 9. It wrote nothing to stderr.",
  "The step's process ended with exit code 143. Its last words: shutting down",
  'The step ended without an exit code: the machine was restarted while it ran.',
  "Command exiting with ret '137'",
  'SdkClientException: Unable to execute HTTP request: Connect to 10.0.0.1:443 failed: Connection refused',
  'AmazonS3Exception: Please reduce your request rate. (Service: Amazon S3; Status Code: 503; Error Code: SlowDown)',
  'Job aborted due to stage failure: Task 3 in stage 5.0 failed 4 times: ExecutorLostFailure (executor 7 exited unrelated to the running tasks)',
  'Exit status: -100. Diagnostics: Container released on a *lost* node',
])('may end otherwise at a second try: %s', (cause) => {
  expect(isPassing(cause)).toBe(true);
});

test.each([
  'AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b` is unknown.',
  'podlake trusted failed: bureau: the type of amt_credit is string, not decimal(18,2)',
  "The step's process ended with exit code 1. Its last words: 137 rows read",
  'JobError: main is at 5000, neither at 137, from which the plan moves it, nor at 143',
  'EMR gives no reason',
])('ends the same at a second try: %s', (cause) => {
  expect(isPassing(cause)).toBe(false);
});
