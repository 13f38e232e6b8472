// What the lake wrote down about itself: files, runs, clusters, and what still lies in landing.
import { ListClustersCommand, ListStepsCommand } from '@aws-sdk/client-emr';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { bucketName } from '../../workers/config.ts';
import { slotOf } from '../../workflows/slot.ts';
import type { Stack } from './stack.ts';

export type Entry = { key: string; outcome: string; reason: string | null };

/** The ledger's entries of a slot's runs, by key. */
export function entriesOf(stack: Stack, slot: Date): Promise<Entry[]> {
  return stack.control<Entry>(
    `select landing_key as key, outcome, reason from file join run using (run) where slot = $1 order by landing_key`,
    slot,
  );
}

export async function keysInLanding(stack: Stack): Promise<string[]> {
  const { Contents, IsTruncated } = await stack.aws.s3.send(
    new ListObjectsV2Command({ Bucket: bucketName(stack.config, 'landing') }),
  );
  if (IsTruncated) throw new Error('landing holds more than one page of files');
  return (Contents ?? []).flatMap(({ Key }) => Key ?? []).filter((key) => !key.endsWith('/'));
}

export type AuditRow = {
  table: string;
  audit: string;
  severity: string;
  limit: number;
  value: number;
  passed: boolean;
};

/** What the audits of a layer found in a slot. */
export function auditsOf(stack: Stack, slot: Date, layer: string): Promise<AuditRow[]> {
  return stack.control<AuditRow>(
    `select table_name as "table", audit, severity, limit_value as "limit", value, passed from audit_result join run using (run)
     where slot = $1 and layer = $2`,
    slot,
    layer,
  );
}

/** Loads of raw and trusted, and accepted files, whose rows do not balance. */
export async function unbalanced(stack: Stack): Promise<unknown[]> {
  const loads = await stack.control(
    `select run, layer, table_name from table_load where layer in ('raw', 'trusted') and not conserved`,
  );
  const files = await stack.control(`select file, landing_key from file where outcome = 'accepted' and not conserved`);
  return [...loads, ...files];
}

export type Step = { name: string; state: string };

/** The clusters that EMR ever ran for a slot, each with its steps from first to last. */
export async function clustersOf(stack: Stack, slot: Date): Promise<{ id: string; state: string; steps: Step[] }[]> {
  const { emr } = stack.aws;
  const found = [];
  let Marker: string | undefined;
  do {
    const page = await emr.send(new ListClustersCommand({ Marker }));
    found.push(...(page.Clusters ?? []).filter(({ Name }) => Name?.includes(slotOf(slot))));
    Marker = page.Marker;
  } while (Marker);
  return Promise.all(
    found.map(async ({ Id = '', Status }) => {
      const { Steps = [] } = await emr.send(new ListStepsCommand({ ClusterId: Id }));
      const steps = Steps.map((step) => ({ name: step.Name ?? '', state: step.Status?.State ?? '' })).reverse();
      return { id: Id, state: Status?.State ?? '', steps };
    }),
  );
}
