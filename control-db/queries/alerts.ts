import { type Database, type Transaction, transaction } from './database.ts';

/** Something that a person should know of, and the command that comes next. Kind and subject tell one from another. */
export type Incident = {
  kind: string;
  subject: string;
  slot: Date | null;
  /** Under 100 characters: the subject of a mail. */
  summary: string;
  message: string;
  command: string;
};

export const CHANNELS = ['sns', 'webhook'] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** An alert as a channel tells it. */
export type Alert = Incident & { alert: number; openedAt: Date };

/** What goes on now, and of which kinds that is all: an alert of such a kind that is not found any more is over. */
export type Found = { incidents: Incident[]; judged: readonly string[] };

/** Writers take turns: one that read an older state cannot end what another has just found. */
const ONE_AT_A_TIME = 7_241_906;

/**
 * Opens an alert for what is new, ends those that are over, and notes whom each open one has to be sent to. `find` reads the
 * control database inside the transaction. Returns what was opened.
 */
export function recordAlerts(
  database: Database,
  find: (client: Transaction) => Promise<Found>,
  channels: readonly ChannelName[],
): Promise<Alert[]> {
  return transaction(database, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [ONE_AT_A_TIME]);
    const { incidents, judged } = await find(client);
    const keys = incidents.map(({ kind, subject }) => `${kind} ${subject}`);
    await client.query(
      `update alert set over_at = now()
       where over_at is null and kind = any($1) and not (kind || ' ' || subject = any($2))`,
      [judged, keys],
    );
    const opened: Alert[] = [];
    for (const incident of incidents) opened.push(...(await open(client, incident)));
    await client.query(
      `insert into alert_delivery (alert, channel)
       select alert, channel from alert, unnest($1::text[]) channel where over_at is null
       on conflict do nothing`,
      [channels],
    );
    return opened;
  });
}

async function open(client: Transaction, incident: Incident, openedAt = new Date()): Promise<Alert[]> {
  const { kind, subject, slot, summary, message, command } = incident;
  const { rows } = await client.query<{ alert: number }>(
    `insert into alert (kind, subject, slot, summary, message, command, opened_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (kind, subject) where over_at is null do nothing returning alert::float8 as alert`,
    [kind, subject, slot, summary, message, command, openedAt],
  );
  return rows.map(({ alert }) => ({ ...incident, alert, openedAt }));
}

/** What was told while the control database could not be written, and to whom. */
export type Told = { incident: Incident; openedAt: Date; sent: ReadonlySet<ChannelName> };

/** Writes down what was told without it, so that it is not told again. */
export function adoptAlerts(database: Database, told: readonly Told[]): Promise<void> {
  return transaction(database, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [ONE_AT_A_TIME]);
    for (const { incident, openedAt, sent } of told) {
      for (const { alert } of await open(client, incident, openedAt)) {
        await client.query(
          'insert into alert_delivery (alert, channel, sent_at) select $1, channel, $2 from unnest($3::text[]) channel',
          [alert, openedAt, [...sent]],
        );
      }
    }
  });
}

export type Delivered = { sent: number; error: string | null };

/**
 * Sends what a channel was not told yet, the oldest first. A message is noted as sent in the transaction that locks it: who
 * dies between the two lets that one be sent again, and none is lost. After a failure the rest waits for the next call,
 * in which what failed comes last.
 */
export async function deliverAlerts(
  database: Database,
  channel: ChannelName,
  send: (alert: Alert) => Promise<void>,
): Promise<Delivered> {
  for (let sent = 0; ; sent += 1) {
    const done = await transaction(database, (client) => deliverNext(client, channel, send));
    if (done !== 'sent') return { sent, error: done };
  }
}

async function deliverNext(
  client: Transaction,
  channel: ChannelName,
  send: (alert: Alert) => Promise<void>,
): Promise<'sent' | string | null> {
  const { rows } = await client.query<Alert>(
    `select alert::float8 as alert, kind, subject, slot, summary, message, command, opened_at as "openedAt"
     from alert_delivery delivery join alert using (alert) where channel = $1 and sent_at is null
     order by failures, alert limit 1 for update of delivery skip locked`,
    [channel],
  );
  const [next] = rows;
  if (!next) return null;
  const error = await send(next).then(
    () => null,
    (failure: Error) => failure.message || failure.name,
  );
  await client.query(
    error === null
      ? 'update alert_delivery set sent_at = now(), last_error = null where alert = $1 and channel = $2'
      : 'update alert_delivery set failures = failures + 1, last_error = $3 where alert = $1 and channel = $2',
    error === null ? [next.alert, channel] : [next.alert, channel, error],
  );
  return error ?? 'sent';
}

export type AlertRow = Alert & {
  overAt: Date | null;
  deliveries: { channel: ChannelName; sentAt: string | null; failures: number; lastError: string | null }[];
};

/** The newest alerts, newest first. */
export async function listAlerts(
  database: Pick<Database, 'query'>,
  { open: onlyOpen, limit }: { open: boolean; limit: number },
): Promise<AlertRow[]> {
  const { rows } = await database.query<AlertRow>(
    `select alert::float8 as alert, kind, subject, slot, summary, message, command, opened_at as "openedAt",
            over_at as "overAt",
            (select coalesce(json_agg(json_build_object('channel', channel, 'sentAt', sent_at, 'failures', failures,
                                                        'lastError', last_error) order by channel), '[]')
             from alert_delivery delivery where delivery.alert = alert.alert) as deliveries
     from alert where over_at is null or not $1 order by alert desc limit $2`,
    [onlyOpen, limit],
  );
  return rows;
}
