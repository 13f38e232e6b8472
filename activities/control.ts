import { metricMeter } from '@temporalio/activity';
import { heldInLake } from '../control-db/queries/held.ts';
import { judgements } from '../control-db/queries/judgements.ts';
import * as loads from '../control-db/queries/loads.ts';
import * as publications from '../control-db/queries/publications.ts';
import * as runs from '../control-db/queries/runs.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type { LakeActivities, Opening, RunContext } from '../workflows/types.ts';
import { businessDateOf } from './business-date.ts';
import type { Lake } from './context.ts';
import { fenced, final } from './failures.ts';
import { heldWarnings } from './held.ts';
import { layerLoad, type Metrics, summarise } from './metrics.ts';
import { getJson, stepFolder } from './places.ts';

const LASTED = 'How long runs lasted from the lake to their end';

/** What to do about rows that nobody can account for; no threshold allows them and no correction of the files mends them. */
const UNACCOUNTED =
  'nothing was published and the files are held: compare these figures with the metrics of the step (layer_load.metrics_uri in the control database), which are kept, before any of these files is loaded again';

/**
 * The control database. Each call is one transaction that may be repeated: rows are found by their natural keys, and a
 * second call finds what the first one wrote.
 */
export function controlActivities(
  lake: Lake,
): Pick<
  LakeActivities,
  'openRun' | 'closeRun' | 'recordLayer' | 'judge' | 'planPublication' | 'completePublication' | 'confirmPublication'
> {
  const { database } = lake;
  return {
    async openRun({ slot, kind, workflowId, runId }): Promise<Opening> {
      const opened = await runs.openRun(database, { slot: instantOf(slot), kind, workflowId, runId });
      const context: RunContext = { run: opened.run, slot, attempt: opened.attempt, grant: opened.grant, kind };
      const cut = opened.cut && {
        publication: opened.cut.publication,
        of: contextOfCut(opened.cut),
      };
      const businessDate = businessDateOf(new Date(instantOf(slot)));
      if (opened.lastPublished === null || opened.lastPublished < new Date(instantOf(slot)))
        return { decision: 'proceed', context, cut, businessDate };
      const last = slotOf(opened.lastPublished);
      const message =
        last === slot
          ? `slot ${slot} is published already; a second run of it changes nothing`
          : `slot ${slot} is older than the last published one, ${last}; its files go into the next slot`;
      return { decision: 'superseded', context, cut, businessDate, message };
    },

    async closeRun({ context, outcome, message }) {
      const seconds = await runs.closeRun(database, context.run, outcome, message);
      if (seconds !== null)
        metricMeter.createHistogram('podlake_run_seconds', 'float', 's', LASTED).record(seconds, { outcome });
    },

    async recordLayer({ context, step, clusterId, stepId }) {
      const metricsUri = `${stepFolder(lake.settings.bucketPrefix, context, step)}/metrics.json`;
      const metrics = await getJson<Metrics>(lake.s3, metricsUri);
      if (!metrics)
        throw final('BadRequest', `The step ${stepId} ended without metrics: there is no object ${metricsUri}`);
      const load = layerLoad(metrics, {
        ...{ run: context.run, clusterId, stepId, metricsUri },
        trusted: lake.catalogue.trusted,
      });
      await fenced(loads.recordLayer(database, load));
      return summarise(metrics);
    },

    async judge(context) {
      const found = await judgements(database, context.run);
      const told = (severity: 'warn' | 'error') =>
        found
          .filter((one) => one.severity === severity)
          .map(({ layer, table, sentence }) => `${layer}.${table}: ${sentence}`);
      const failures = told('error');
      if (found.some(({ unaccounted }) => unaccounted)) failures.push(UNACCOUNTED);
      return {
        passed: failures.length === 0,
        failures,
        warnings: [...told('warn'), ...heldWarnings(await heldInLake(database))],
      };
    },

    async planPublication(context) {
      const { publication, tables } = await fenced(publications.planPublication(database, context.run, context.grant));
      return { publication, tables: tables.length };
    },

    async completePublication(publication) {
      await publications.completePublication(database, publication);
    },

    async confirmPublication(publication) {
      await publications.confirmPublication(database, publication);
    },
  };
}

/** The run whose publication was cut short, as whoever completes it names it. */
export function contextOfCut({ backfill, ...cut }: NonNullable<runs.OpenedRun['cut']>): RunContext {
  const { run, attempt, grant, kind } = cut;
  return { run, slot: slotOf(cut.slot), attempt, grant, kind, ...(backfill === null ? {} : { backfill }) };
}
