import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert, ChannelName, Incident } from '../control-db/queries/alerts.ts';
import type { AlertSettings } from './context.ts';

/** Someone who is told of alerts; `send` throws when it is not sure that they know. */
export type Channel = { name: ChannelName; send: (alert: Incident & Pick<Alert, 'openedAt'>) => Promise<void> };

/** Nobody waits longer for a channel: the lake's lock may be held meanwhile, and Postgres ends transactions that idle for ten. */
const TIMEOUT_MS = 5_000;

/** The channels that the configuration names; without one, alerts are recorded and logged. */
export function alertChannels(sns: SNSClient, { snsTopicArn, webhookUrl }: AlertSettings): Channel[] {
  return [...(snsTopicArn ? [topic(sns, snsTopicArn)] : []), ...(webhookUrl ? [webhook(webhookUrl)] : [])];
}

function topic(sns: SNSClient, TopicArn: string): Channel {
  return {
    name: 'sns',
    async send(alert) {
      await sns.send(
        new PublishCommand({
          TopicArn,
          // SNS takes printable ASCII alone in a subject.
          Subject: alert.summary.replaceAll(/[^\x20-\x7e]/g, '?'),
          Message: text(alert),
          // Subscribers filter by it.
          MessageAttributes: { kind: { DataType: 'String', StringValue: alert.kind } },
        }),
        { abortSignal: AbortSignal.timeout(TIMEOUT_MS) },
      );
    },
  };
}

function webhook(url: string): Channel {
  return {
    name: 'webhook',
    async send(alert) {
      const { kind, subject, slot, summary, message, command, openedAt } = alert;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // `text` is what chat services show.
        body: JSON.stringify({ kind, subject, slot, summary, message, command, openedAt, text: text(alert) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
    },
  };
}

const text = ({ summary, message, command, openedAt }: Parameters<Channel['send']>[0]) =>
  `${summary}\n\n${message}\n\nNext: ${command}\n(found at ${openedAt.toISOString()})`;
