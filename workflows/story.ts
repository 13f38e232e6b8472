import type { DeliverySummary, LayerSummary, RunKind, RunOutcome, Slot, TableSummary } from './types.ts';

/** What a person reads in the web UI's details of a run: where it is, and what each layer did. */
export type Story = {
  slot: Slot;
  kind: RunKind;
  /** The slot's day in São Paulo, once the run is open. */
  businessDate: string | null;
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
  const parts = [
    `## Slot ${story.slot}`,
    `**${story.outcome ?? 'running'}**: ${story.stage}`,
    whose(story),
    story.delivery && delivered(story.delivery),
    story.warnings.length > 0 &&
      ['**Look at this:**', '', ...story.warnings.map((warning) => `- ${warning}`)].join('\n'),
    story.layers.length > 0 && layerTable(story.layers),
    story.layers.some(({ tables }) => tables.length > 0) && tableTable(story.layers),
  ];
  return parts.filter((part) => part).join('\n\n');
}

function whose({ kind, businessDate, attempt, grant, clusterId }: Story): string {
  const date = businessDate ? `Business date ${businessDate} in São Paulo, ${kind} run` : `A ${kind} run`;
  const writer = grant === null ? '' : `, attempt ${attempt}, grant ${grant}`;
  return `${date}${writer}${clusterId ? `, cluster \`${clusterId}\`` : ''}.`;
}

function delivered({ files, accepted, refused, documents, bytes, tables }: DeliverySummary): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const sorts = `${accepted} accepted, ${refused} refused, ${documents} documents`;
  return `Delivery: ${files} files (${size}): ${sorts}. Tables: ${tables.join(', ') || 'none'}.`;
}

/** One row a layer; what the columns count differs by layer, so it is told below. */
function layerTable(layers: readonly LayerSummary[]): string {
  return [
    row('layer', 'tables', 'rows', 'changed', 'bad\u00a0rows', 'seconds'),
    '|---|---:|---:|---:|---:|---:|',
    ...layers.map(({ step, tables, seconds }) => {
      const sums = [sum(tables, 'rows'), sum(tables, 'changed'), sum(tables, 'bad')];
      return row(step, tables.length || '', ...sums.map(count), tenths(seconds));
    }),
    '',
    'Rows: in raw those of this delivery, in trusted those of the whole tables, in refined those of this slot. Changed: inserted or updated. Bad rows are in quarantine.',
  ].join('\n');
}

function tableTable(layers: readonly LayerSummary[]): string {
  return [
    '### Table by table',
    '',
    row('layer', 'table', 'rows', 'changed', 'bad', 's'),
    '|---|---|---:|---:|---:|---:|',
    ...layers.flatMap(({ step, tables }) =>
      tables
        .toSorted(byName)
        .map(({ table, rows, changed, bad, seconds }) =>
          row(step, `\`${table}\``, count(rows), count(changed), count(bad), tenths(seconds)),
        ),
    ),
  ].join('\n');
}

/** The web UI leaves no room between the columns of a table: each cell but the first begins with spaces that stay and break no line. */
const row = (...cells: (string | number)[]) =>
  `| ${cells.map((cell, i) => (i > 0 ? `\u00a0\u00a0${cell}` : cell)).join(' | ')} |`;
const tenths = (seconds: number) => seconds.toFixed(1);

const byName = (one: TableSummary, other: TableSummary) =>
  one.table.toLowerCase() < other.table.toLowerCase() ? -1 : 1;

/** Null where no table of the layer knows it. */
function sum(tables: readonly TableSummary[], figure: 'rows' | 'changed' | 'bad'): number | null {
  const known = tables.flatMap(({ [figure]: value }) => value ?? []);
  return known.length === 0 ? null : known.reduce((one, other) => one + other, 0);
}

/** 1234567 → 1,234,567 */
const count = (value: number | null) => (value === null ? '' : String(value).replaceAll(/\B(?=(\d{3})+$)/g, ','));
