import type { RetryPolicy } from '@temporalio/common';
import { ActivityCancellationType, type ActivityOptions, patched, proxyActivities } from '@temporalio/workflow';
import { NEVER_RETRIED } from './failures.ts';
import type { LakeActivities } from './types.ts';

/** A passing fault (throttling, a database restart) is retried with back-off for hours; the types in the list never. */
const retry: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '2 minutes',
  nonRetryableErrorTypes: [...NEVER_RETRIED],
};

/** Longer than any outage that a run should outlast: a weekend with the machine switched off. */
const scheduleToCloseTimeout = '7 days';
/** Every activity heartbeats while it works: a worker that died is noticed this long after. */
const heartbeatTimeout = '10s';
const short: ActivityOptions = {
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout,
  heartbeatTimeout,
  retry,
};
const copying: ActivityOptions = { startToCloseTimeout: '6 hours', heartbeatTimeout, retry };
const stepping: ActivityOptions = { startToCloseTimeout: '12 hours', heartbeatTimeout, retry };

type Activity = (...args: never[]) => Promise<unknown>;

/** Activities called with a sentence that the web UI shows beside the event. */
function told<A extends Activity>(activity: {
  executeWithOptions(options: ActivityOptions, args: Parameters<A>): Promise<Awaited<ReturnType<A>>>;
}) {
  return (summary: string, ...args: Parameters<A>) => activity.executeWithOptions({ summary }, args);
}

/**
 * The same, of activities that leave something behind them on EMR or in landing: what a cancelled run cleans up comes after they
 * have stopped, or they would go on behind it.
 */
function toldToItsEnd<A extends Activity>(activity: {
  executeWithOptions(options: ActivityOptions, args: Parameters<A>): Promise<Awaited<ReturnType<A>>>;
}) {
  return (summary: string, ...args: Parameters<A>) => {
    const waits = patched('wait-for-cancelled-activities') && {
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    };
    return activity.executeWithOptions({ summary, ...waits }, args);
  };
}

const control = proxyActivities<LakeActivities>(short);
const landing = proxyActivities<LakeActivities>(copying);
const emr = proxyActivities<LakeActivities>(stepping);

export const lake = {
  enterLakeQueue: told<LakeActivities['enterLakeQueue']>(control.enterLakeQueue),
  openRun: told<LakeActivities['openRun']>(control.openRun),
  closeRun: told<LakeActivities['closeRun']>(control.closeRun),
  recordLayer: told<LakeActivities['recordLayer']>(control.recordLayer),
  judge: told<LakeActivities['judge']>(control.judge),
  planPublication: told<LakeActivities['planPublication']>(control.planPublication),
  completePublication: told<LakeActivities['completePublication']>(control.completePublication),
  confirmPublication: told<LakeActivities['confirmPublication']>(control.confirmPublication),
  detectDelivery: toldToItsEnd<LakeActivities['detectDelivery']>(landing.detectDelivery),
  prepareCatalogue: told<LakeActivities['prepareCatalogue']>(control.prepareCatalogue),
  updateCatalogue: told<LakeActivities['updateCatalogue']>(control.updateCatalogue),
  announcePublication: told<LakeActivities['announcePublication']>(control.announcePublication),
  endOlderClusters: told<LakeActivities['endOlderClusters']>(control.endOlderClusters),
  startCluster: toldToItsEnd<LakeActivities['startCluster']>(control.startCluster),
  writeManifest: told<LakeActivities['writeManifest']>(control.writeManifest),
  runStep: toldToItsEnd<LakeActivities['runStep']>(emr.runStep),
  writeRebuildManifest: told<LakeActivities['writeRebuildManifest']>(control.writeRebuildManifest),
  readComparisons: told<LakeActivities['readComparisons']>(control.readComparisons),
  sweep: told<LakeActivities['sweep']>(control.sweep),
  refreshCalendar: told<LakeActivities['refreshCalendar']>(control.refreshCalendar),
  openMaintenance: told<LakeActivities['openMaintenance']>(control.openMaintenance),
  writeMaintenanceManifest: told<LakeActivities['writeMaintenanceManifest']>(control.writeMaintenanceManifest),
  recordMaintenance: told<LakeActivities['recordMaintenance']>(control.recordMaintenance),
  closeMaintenance: told<LakeActivities['closeMaintenance']>(control.closeMaintenance),
  endCluster: told<LakeActivities['endCluster']>(control.endCluster),
  registerBackfill: told<LakeActivities['registerBackfill']>(control.registerBackfill),
  nextReplay: told<LakeActivities['nextReplay']>(control.nextReplay),
  recordReplay: told<LakeActivities['recordReplay']>(control.recordReplay),
  judgeBackfill: told<LakeActivities['judgeBackfill']>(control.judgeBackfill),
  openSwitch: told<LakeActivities['openSwitch']>(control.openSwitch),
  planSwitch: told<LakeActivities['planSwitch']>(control.planSwitch),
  writeDiscard: told<LakeActivities['writeDiscard']>(control.writeDiscard),
  closeBackfill: told<LakeActivities['closeBackfill']>(control.closeBackfill),
};

/** Watches a workflow until it is closed, however long that takes; another worker goes on where one dies. */
export const { awaitClosed } = proxyActivities<Pick<LakeActivities, 'awaitClosed'>>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout,
  retry: { initialInterval: '1s', maximumInterval: '10s' },
});

/** A run is what it is, whether somebody could be told of it or not: the next run and the watchdog tell what this did not. */
export const raiseAlerts = told<LakeActivities['raiseAlerts']>(
  proxyActivities<LakeActivities>({
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '2 minutes',
    heartbeatTimeout,
    retry: { ...retry, maximumAttempts: 2 },
  }).raiseAlerts,
);

/** Verification may fail without undoing what is published, so that it is tried for a while only. */
export const verifyPublication = told<LakeActivities['verifyPublication']>(
  proxyActivities<LakeActivities>({
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout,
    retry: { ...retry, maximumAttempts: 5 },
  }).verifyPublication,
);

/** The run is closed whatever becomes of its export, and the next run makes up for it: tried for a while only, so that the lake is passed on. */
export const exportControl = told<LakeActivities['exportControl']>(
  proxyActivities<LakeActivities>({
    startToCloseTimeout: '2 minutes',
    scheduleToCloseTimeout: '10 minutes',
    heartbeatTimeout,
    retry: { ...retry, maximumAttempts: 5 },
  }).exportControl,
);
