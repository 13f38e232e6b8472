/** The types of failures that activities throw; the type alone decides whether an activity is tried again. */
export const NEVER_RETRIED = [
  /** A Spark job ended with an exception: a bug or data that it cannot take, the same at a second try. */
  'StepFailed',
  /** The cluster is gone, and with it the step: the same activity would wait for nothing, its workflow may start another cluster. */
  'ClusterLost',
  /** A newer grant exists: another run may write the lake now, this one must not. */
  'LostGrant',
  /** The audits do not allow the delivery to be published. */
  'FailedAudit',
  /** What the run was given cannot be right: an unknown table, a malformed slot, a missing artefact. */
  'BadRequest',
  /** A table's main branch is neither where the plan starts nor where it ends. */
  'PublicationConflict',
  /** The code or the control database's rules say that this cannot be: the same at every try. */
  'Bug',
] as const;

export type FailureType = (typeof NEVER_RETRIED)[number];
