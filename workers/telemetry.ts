import { createServer } from 'node:net';
import { type Logger, Runtime } from '@temporalio/worker';
import type { Database } from '../control-db/queries/database.ts';
import { signsOfLife } from '../control-db/queries/signs-of-life.ts';
import type { Config } from './config.ts';
import { structuredLogger } from './logger.ts';

/** Seconds: of runs and layers, which take from seconds here to hours on EMR. */
const DURATIONS = [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400];
const SIGNS_EVERY_MS = 30_000;

/**
 * Sets up logs and metrics of this process, before anything else of the SDK is used. A port that is taken, as by another
 * worker of one machine, costs this one its metrics and nothing else.
 */
export async function installTelemetry(
  config: Pick<Config, 'log' | 'metrics'>,
  logger = structuredLogger(config.log.level),
) {
  const wanted = config.metrics.prometheusAddress;
  const bindAddress = wanted && (await isFree(wanted)) ? wanted : undefined;
  if (wanted && !bindAddress) logger.warn(`${wanted} is taken: this worker serves no metrics`);
  Runtime.install({
    logger,
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(bindAddress && {
        metrics: {
          prometheus: {
            bindAddress,
            useSecondsForDurations: true,
            histogramBucketOverrides: { podlake_run_seconds: DURATIONS, podlake_layer_seconds: DURATIONS },
          },
        },
      }),
    },
  });
  return logger;
}

function isFree(address: string): Promise<boolean> {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port: Number(port), exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Shows what the control database knows, at once and then twice a minute until `stop` is called. */
export function showSignsOfLife(database: Database, logger: Logger): { stop: () => void } {
  const meter = Runtime.instance().metricMeter;
  const published = meter.createGauge(
    'podlake_last_published_slot_timestamp_seconds',
    'float',
    's',
    'The newest slot that is published',
  );
  const since = meter.createGauge(
    'podlake_seconds_since_last_published_slot',
    'float',
    's',
    'Seconds since the newest slot that is published',
  );
  const alerts = meter.createGauge('podlake_alerts_open', 'int', undefined, 'Alerts that go on, by kind');
  const show = async () => {
    try {
      const { lastPublished, openAlerts } = await signsOfLife(database);
      if (lastPublished) {
        published.set(lastPublished.getTime() / 1000);
        since.set((Date.now() - lastPublished.getTime()) / 1000);
      }
      for (const { kind, open } of openAlerts) alerts.set(open, { kind });
    } catch (error) {
      logger.warn('the signs of life could not be read', { error });
    }
  };
  void show();
  const timer = setInterval(() => void show(), SIGNS_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
