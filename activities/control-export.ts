import { PutObjectCommand } from '@aws-sdk/client-s3';
import { CONTROL_TABLES, type ControlTable } from '../catalog/control-tables.ts';
import * as exported from '../control-db/queries/export.ts';
import type { LakeActivities } from '../workflows/types.ts';
import type { Lake } from './context.ts';
import { controlTableInputs, exportUri } from './control-tables.ts';
import { makeDatabase, putTable } from './glue.ts';
import { parquetFile } from './parquet.ts';
import { splitUri } from './places.ts';

/**
 * The control tables for those who read with Athena: one Parquet object a table and slot. Written are the slots whose rows
 * changed since they were exported last, whatever changed them: the slot that has just ended, an older one of which a
 * held file was refused since, and those that an export before this one did not reach.
 */
export function controlExportActivities(lake: Lake): Pick<LakeActivities, 'exportControl'> {
  const { database, glue, s3, settings } = lake;

  async function exportTable(table: ControlTable): Promise<{ objects: number; rows: number }> {
    const stale = await exported.staleSlots(database, table.name, JSON.stringify(table.columns));
    let rows = 0;
    for (const one of stale) {
      // A slot without rows keeps an object without rows: its key may be read by a query right now.
      const found = await exported.slotRows(database, table.name, one.slot);
      const Body = parquetFile(table.columns, found);
      const place = splitUri(exportUri(settings.bucketPrefix, table, one.slot));
      await s3.send(new PutObjectCommand({ ...place, Body, ContentType: 'application/vnd.apache.parquet' }));
      await exported.noteExported(database, table.name, one);
      rows += found.length;
    }
    return { objects: stale.length, rows };
  }

  return {
    async exportControl() {
      await makeDatabase(glue, 'controle');
      for (const input of controlTableInputs(settings.bucketPrefix)) await putTable(glue, 'controle', input);
      const done = { objects: 0, rows: 0 };
      for (const table of CONTROL_TABLES) {
        const { objects, rows } = await exportTable(table);
        done.objects += objects;
        done.rows += rows;
      }
      return done;
    },
  };
}
