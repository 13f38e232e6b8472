/** Generated from progress.schema.json by "npm run contract:generate"; change the schema, not this file. */

/**
 * Where a Spark step is; rewritten as each table starts and ends.
 */
export interface Progress {
  /**
   * Layer of the step.
   */
  layer: 'raw' | 'trusted' | 'refined' | 'publish' | 'rebuild' | 'backfill' | 'maintenance';
  /**
   * When the step began (ISO 8601, UTC).
   */
  startedAt: string;
  /**
   * One entry a table of the manifest.
   */
  tables: TableProgress[];
}
/**
 * One table.
 */
export interface TableProgress {
  /**
   * As in the manifest.
   */
  table: string;
  /**
   * State of the table.
   */
  state: 'waiting' | 'running' | 'done' | 'failed';
  /**
   * Rows so far, when known.
   */
  rows: number | null;
  /**
   * Seconds spent, when done or failed.
   */
  seconds: number | null;
}
