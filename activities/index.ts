import type { LakeActivities } from '../workflows/types.ts';
import { alertActivities } from './alerts.ts';
import { athenaActivities } from './athena.ts';
import { backfillActivities } from './backfill.ts';
import type { Lake } from './context.ts';
import { controlActivities } from './control.ts';
import { controlExportActivities } from './control-export.ts';
import { emrActivities } from './emr.ts';
import { failFast } from './failures.ts';
import { glueActivities } from './glue.ts';
import { handedOver } from './handover.ts';
import { beating } from './heartbeat.ts';
import { landingActivities } from './landing.ts';
import { lockActivities } from './lock.ts';
import { maintenanceActivities } from './maintenance.ts';
import { manifestActivities } from './manifest.ts';
import { rebuildActivities } from './rebuild.ts';
import { sweepActivities } from './sweep.ts';

export type { Lake, Settings } from './context.ts';

/** All that workflows may call, on the clients that it is given. */
export function createActivities(lake: Lake): LakeActivities {
  return beating(
    handedOver(
      failFast({
        ...lockActivities(),
        ...controlActivities(lake),
        ...controlExportActivities(lake),
        ...landingActivities(lake),
        ...manifestActivities(lake),
        ...emrActivities(lake),
        ...glueActivities(lake),
        ...athenaActivities(lake),
        ...rebuildActivities(lake),
        ...backfillActivities(lake),
        ...alertActivities(lake),
        ...sweepActivities(lake),
        ...maintenanceActivities(lake),
      }),
    ),
  );
}
