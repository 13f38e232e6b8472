import * as backfills from '../control-db/queries/backfills.ts';
import { after, type History, publishedHistory } from '../control-db/queries/history.ts';
import { judgements } from '../control-db/queries/judgements.ts';
import * as loads from '../control-db/queries/loads.ts';
import { expiredSlots } from '../control-db/queries/maintenance.ts';
import * as input from '../control-db/queries/replay-input.ts';
import { openSwitch } from '../control-db/queries/runs.ts';
import type { ReplayedSlotTask } from '../spark/contract/manifest.ts';
import { instantOf, slotOf } from '../workflows/slot.ts';
import type {
  BackfillItem,
  BackfillPlan,
  BackfillRequest,
  LakeActivities,
  RunContext,
  Slot,
} from '../workflows/types.ts';
import { BadBackfill, parseRequest, scopeOf, slotsOf } from './backfill-plan.ts';
import { filesToRead, knownSlots, type Played, rawOfSlot, slotsToPlay } from './backfill-slots.ts';
import type { Lake } from './context.ts';
import { contextOfCut } from './control.ts';
import { fenced, final } from './failures.ts';
import { putManifest, rawPart, trustedPart } from './manifest.ts';
import { layerLoad, type Metrics } from './metrics.ts';
import { backfillFolder, getJson, stepFolder } from './places.ts';

/** As many slots are played by one step: what is done is recorded after each step and not done again. */
const SLOTS_A_STEP = 10;

/**
 * Backfills: what is to be played is worked out anew from the control database each time, so that a repetition, a restart and
 * slots that were published meanwhile all lead on from what is recorded.
 */
export function backfillActivities(
  lake: Lake,
): Pick<
  LakeActivities,
  | 'registerBackfill'
  | 'nextReplay'
  | 'recordReplay'
  | 'judgeBackfill'
  | 'openSwitch'
  | 'planSwitch'
  | 'writeDiscard'
  | 'closeBackfill'
> {
  const { database } = lake;
  return {
    async registerBackfill(asked) {
      const row = await backfills.register(database, { ...asked, request: asked.request ?? null });
      if (row.closedAt !== null || row.plan !== null) return item(row);
      try {
        const request = parseRequest(asked.request);
        await backfills.plan(database, row.backfill, await planOf(lake, request), request.dryRun ?? false);
      } catch (error) {
        if (!(error instanceof BadBackfill)) throw error;
        await backfills.close(database, row.backfill, 'rejected', error.message);
      }
      return item(await backfills.read(database, row.backfill));
    },

    async nextReplay(backfill) {
      await backfills.begin(database, backfill);
      const plan = await readPlan(lake, backfill);
      const history = await publishedHistory(database);
      const all = await slotsToPlay(lake, backfill, plan, history);
      const unread = all.find(({ reads, layers }) => reads && !layers.includes('raw'));
      if (unread) return rawStep(lake, backfill, plan, unread, all);
      const pending = all.filter(({ wants, layers }) => wants.some((layer) => !layers.includes(layer)));
      const chunk = pending.slice(0, SLOTS_A_STEP);
      const last = chunk.at(-1);
      if (!last) return null;
      const context = await contextOf(lake, backfill, last.slot);
      const heads = await backfills.heads(database, backfill);
      const tasks: ReplayedSlotTask[] = [];
      for (const one of chunk) tasks.push(await slotTask(lake, backfill, plan, one, history));
      const manifest = await putManifest(
        lake,
        context,
        backfillFolder(lake.settings.bucketPrefix, backfill, chunk[0]?.slot ?? ''),
        {
          layer: 'backfill',
          tables: tasks,
          start: startOf(lake, plan, history, heads),
          discard: false,
        },
      );
      const slots = chunk.map(({ slot }) => slot);
      return { step: 'backfill', context, manifest, slots, done: all.length - pending.length, total: all.length };
    },

    async recordReplay({ backfill, slots }) {
      const plan = await readPlan(lake, backfill);
      let rows = 0;
      let seconds = 0;
      for (const slot of slots) {
        const context = await contextOf(lake, backfill, slot);
        const sources = await rawOfSlot(lake, backfill, slot, plan);
        for (const layer of ['trusted', 'refined'] as const) {
          const metricsUri = `${stepFolder(lake.settings.bucketPrefix, context, layer)}/metrics.json`;
          const metrics = await getJson<Metrics>(lake.s3, metricsUri);
          if (!metrics) continue;
          const where = { run: context.run, clusterId: '', stepId: '', metricsUri, trusted: lake.catalogue.trusted };
          const load = layerLoad(metrics, where);
          for (const table of load.tables) table.sourceRun = sources.get(table.source ?? '')?.run;
          await loads.recordLayer(database, load);
          rows += load.tables.reduce((sum, table) => sum + (table.rowsRaw ?? table.rowsWritten ?? 0), 0);
          seconds += (Date.parse(metrics.endedAt) - Date.parse(metrics.startedAt)) / 1000;
        }
      }
      return { rows, seconds };
    },

    async judgeBackfill(backfill) {
      const failures: string[] = [];
      const warnings: string[] = [];
      for (const { run, slot } of await backfills.replays(database, backfill)) {
        for (const { severity, layer, table, sentence } of await judgements(database, run))
          (severity === 'error' ? failures : warnings).push(`slot ${slotOf(slot)}: ${layer}.${table}: ${sentence}`);
      }
      return { passed: failures.length === 0, failures, warnings };
    },

    async openSwitch({ backfill, workflowId, runId }) {
      const { grant, cut } = await openSwitch(database, { workflowId, runId });
      const replays = await backfills.replays(database, backfill);
      const last = replays.at(-1);
      if (!last) throw final('Bug', `backfill ${backfill} has played nothing that it could publish`);
      const context = { ...(await contextOf(lake, backfill, slotOf(last.slot))), grant };
      return { context, cut: cut && { publication: cut.publication, of: contextOfCut(cut) } };
    },

    async planSwitch({ backfill, grant }) {
      if (backfill === undefined) throw final('Bug', 'a run has no backfill to publish');
      const publication = await fenced(backfills.planPublication(database, backfill, grant)).catch((error: unknown) => {
        if (error instanceof backfills.TakenMeanwhile) throw final('BadRequest', error.message, error);
        throw error;
      });
      const { rows } = await database.query('select from publication_table where publication = $1', [publication]);
      return { publication, tables: rows.length };
    },

    async writeDiscard(backfill) {
      const last = (await backfills.replays(database, backfill)).at(-1);
      // A committed plan is only ever completed, and for that its branches are needed.
      if (!last || (await backfills.isPlanned(database, backfill))) return null;
      const context = await contextOf(lake, backfill, slotOf(last.slot));
      const folder = backfillFolder(lake.settings.bucketPrefix, backfill, 'discard');
      const manifest = await putManifest(lake, context, folder, {
        layer: 'backfill',
        tables: [],
        start: [],
        discard: true,
      });
      return { context, manifest };
    },

    async closeBackfill({ backfill, end, message }) {
      if (end === 'unchanged') {
        const plan = await readPlan(lake, backfill);
        await backfills.giveBackUnread(database, plan.release);
      }
      await backfills.close(database, backfill, end, message);
      return item(await backfills.read(database, backfill));
    },
  };
}

/** @throws BadRequest for a backfill that was never planned. */
async function readPlan(lake: Lake, backfill: number): Promise<BackfillPlan> {
  const { plan } = await backfills.read(lake.database, backfill);
  if (!plan) throw final('BadRequest', `backfill ${backfill} has no plan`);
  return plan as BackfillPlan;
}

function item({ backfill, state, request, message, plan: whole }: backfills.BackfillRow): BackfillItem {
  const plan = whole as BackfillPlan | null;
  const reason = String((request as { reason?: unknown } | null)?.reason ?? '').slice(0, 150);
  if (!plan) return { backfill, state, reason, message, plan };
  const { layer, from, to, rows, estimatedSeconds, slots } = plan;
  return { backfill, state, reason, message, plan: { layer, from, to, rows, estimatedSeconds, slots: slots.length } };
}

async function planOf(lake: Lake, request: BackfillRequest): Promise<BackfillPlan> {
  const { slots: published } = await publishedHistory(lake.database);
  const expired = new Set((await expiredSlots(lake.database)).map(slotOf));
  const scope = scopeOf(request, lake.catalogue, published, await tablesToRelease(lake, request), expired);
  const slots = slotsOf(scope, knownSlots(scope, published)).map(({ slot }) => slot);
  const dates = slots.map((slot) => new Date(instantOf(slot)));
  const { rows, seconds } = await input.costOf(lake.database, dates, scope);
  return { ...scope, slots, rows, estimatedSeconds: Math.round(seconds) };
}

/** The source tables of the files that are released, which are all of one slot and held. @throws BadBackfill */
async function tablesToRelease(lake: Lake, { release, from }: BackfillRequest): Promise<string[]> {
  if (release === undefined) return [];
  const found = await input.heldFiles(lake.database, release);
  const unknown = release.find((file) => !found.some((one) => one.file === file));
  if (unknown !== undefined) throw new BadBackfill(`There is no file ${unknown} in the ledger.`);
  const other = found.find(({ outcome }) => outcome !== 'held' && outcome !== 'given_back');
  if (other) throw new BadBackfill(`File ${other.file} is ${other.outcome}: only a held file can be released.`);
  const elsewhere = found.find(({ slot }) => slotOf(slot) !== from);
  if (elsewhere)
    throw new BadBackfill(
      `File ${elsewhere.file} belongs to slot ${slotOf(elsewhere.slot)}, not to ${from}: release each slot by itself.`,
    );
  const read = found.filter(({ examined }) => examined);
  return [...new Set(read.flatMap(({ sourceTable }) => sourceTable ?? []))];
}

async function contextOf(lake: Lake, backfill: number, slot: Slot): Promise<RunContext> {
  const { run, attempt } = await backfills.replayOf(lake.database, backfill, new Date(instantOf(slot)));
  return { run, slot, attempt, grant: 0, kind: 'backfill', backfill };
}

async function rawStep(lake: Lake, backfill: number, plan: BackfillPlan, { slot }: Played, all: Played[]) {
  const context = await contextOf(lake, backfill, slot);
  const part = rawPart(lake, context, await filesToRead(lake, slot, plan));
  const folder = stepFolder(lake.settings.bucketPrefix, context, 'raw');
  const manifest = await putManifest(lake, context, folder, { ...part, backfill: true });
  return { step: 'raw' as const, context, manifest, slots: [slot], done: 0, total: all.length };
}

const trustedTable = (name: string) => `trusted.${name}`;
const refinedTable = (name: string) => `refined.${name}_dados`;

/**
 * Where the branch of each table begins: one that is played where an earlier step left it, else, of trusted, as it stood before the
 * first slot. An indicator begins as readers see it, for each slot replaces its own rows; so does what is not played, which each
 * slot puts where it stood then.
 */
function startOf(lake: Lake, plan: BackfillPlan, { slots, current }: History, heads: Map<string, string>) {
  const before = after(slots.filter(({ slot }) => slotOf(slot) < plan.start));
  const folded = new Set(plan.trusted.map(trustedTable));
  return known(lake).map((table) => ({
    table,
    snapshot: heads.get(table) ?? (folded.has(table) ? before[table] : current.get(table)) ?? null,
  }));
}

const known = ({ catalogue }: Lake): string[] => [
  ...Object.keys(catalogue.trusted).map(trustedTable),
  ...Object.keys(catalogue.refined).map(refinedTable),
];

async function slotTask(
  lake: Lake,
  backfill: number,
  plan: BackfillPlan,
  { slot, loaded, refined }: Played,
  history: History,
): Promise<ReplayedSlotTask> {
  const context = await contextOf(lake, backfill, slot);
  const folder = (layer: 'trusted' | 'refined') => stepFolder(lake.settings.bucketPrefix, context, layer);
  const stood = after(history.slots.filter((one) => slotOf(one.slot) <= slot));
  const played = new Set([...plan.trusted.map(trustedTable), ...plan.refined.map(refinedTable)]);
  const files = await input.filesOfSlot(lake.database, new Date(instantOf(slot)), plan.release);
  const accepted = Map.groupBy(files, ({ sourceTable }) => sourceTable ?? '');
  const trusted = loaded.length > 0 ? await trustedPart(lake, context, loaded, accepted, new Map()) : null;
  return {
    table: slot,
    trusted: trusted && (await putManifest(lake, context, folder('trusted'), { ...trusted, backfill: true })),
    refined:
      refined.length === 0
        ? null
        : await putManifest(lake, context, folder('refined'), {
            layer: 'refined',
            tables: refined.map((table) => ({ table, base: null })),
            written: loaded.map(({ name }) => name),
            backfill: true,
          }),
    // Of indicators the SQL takes the rows of earlier slots alone, which are the same in what readers see now. Before the slot
    // that was asked for all of trusted is played, and no indicator.
    pinned: (slot < plan.from ? [] : known(lake))
      .filter((table) => !played.has(table))
      .map((table) => ({
        table,
        snapshot: (table.startsWith('refined.') ? history.current.get(table) : stood[table]) ?? null,
      })),
  };
}
