import type { DeliverySummary, LayerSummary, RunOutcome, Slot } from './types.ts';

/** What a person reads in the web UI's details of a run: where it is, and what each layer did. */
export type Story = {
  slot: Slot;
  stage: string;
  attempt: number | null;
  grant: number | null;
  delivery: DeliverySummary | null;
  clusterId: string | null;
  layers: LayerSummary[];
  warnings: string[];
  outcome: RunOutcome | null;
};

export function markdown(story: Story): string {
  const lines = [`## Slot ${story.slot}`, '', `**${story.outcome ?? 'running'}**: ${story.stage}`, ''];
  if (story.grant !== null)
    lines.push(
      `Attempt ${story.attempt}, grant ${story.grant}${story.clusterId ? `, cluster \`${story.clusterId}\`` : ''}.`,
      '',
    );
  if (story.delivery) {
    const { files, accepted, refused, documents, bytes, tables } = story.delivery;
    lines.push(
      `Delivery: ${files} files (${megabytes(bytes)}), ${accepted} accepted, ${refused} refused, ${documents} documents; tables: ${tables.join(', ') || 'none'}.`,
      '',
    );
  }
  if (story.layers.length > 0) {
    lines.push('| layer | table | rows | changed | bad rows | seconds |', '|---|---|---:|---:|---:|---:|');
    for (const layer of story.layers)
      for (const table of layer.tables)
        lines.push(
          `| ${layer.step} | \`${table.table}\` | ${table.rows} | ${table.changed ?? ''} | ${table.bad ?? ''} | ${table.seconds} |`,
        );
    lines.push('');
  }
  for (const warning of story.warnings) lines.push(`- ${warning}`);
  return lines.join('\n');
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
