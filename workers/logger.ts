import type { Logger, LogLevel } from '@temporalio/worker';
import { type DestinationStream, type Level, pino, stdSerializers, stdTimeFunctions } from 'pino';

/** Lines of JSON, one an event, with whatever the SDK, workflows and activities attach. */
export function structuredLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const lines = pino(
    {
      level: levelOf(level),
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
    },
    ...(destination ? [destination] : []),
  );
  const to = (name: Level) => (message: string, meta?: object) => lines[name](meta ?? {}, message);
  return {
    log: (at, message, meta) => to(levelOf(at))(message, meta),
    ...{ trace: to('trace'), debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') },
  };
}

const levelOf = (level: LogLevel) => level.toLowerCase() as Level;
