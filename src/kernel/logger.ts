import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { redactText, redactValue } from './redaction.js';

/** One structured log: JSON lines on stdout, pretty on a terminal. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  service: string;
  level: string;
  pretty: boolean;
  destination?: DestinationStream;
}

/**
 * Every line passes the redaction: its fields, its message, its errors.
 * pino's own `redact` works on known paths only and would miss a URL.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactValue(fields) as Record<string, unknown>,
      },
      hooks: {
        logMethod(args, method) {
          method.apply(
            this,
            args.map((arg: unknown) =>
              typeof arg === 'string' ? redactText(arg) : arg,
            ) as Parameters<typeof method>,
          );
        },
      },
      // The `log` formatter has already turned errors into plain objects.
      serializers: { err: (err: unknown) => err, error: (err: unknown) => err },
      ...(options.pretty
        ? {
            transport: {
              target: 'pino-pretty',
              options: {
                messageKey: 'message',
                ignore: 'service,timestamp',
                singleLine: true,
                colorize: true,
              },
            },
          }
        : {}),
    },
    ...(options.pretty ? [] : [options.destination ?? standardOutput]),
  );
}

/**
 * Writes to standard output until a write fails, for example because the reading process
 * has ended. The service then goes on without a log, and can still be stopped. pino's own
 * destination would retry its last line for ever, and the process would not exit.
 * All loggers share it, and it listens for the failure once.
 */
const standardOutput = {
  isRead: undefined as boolean | undefined,
  write(line: string): void {
    if (this.isRead === undefined) {
      this.isRead = true;
      process.stdout.on('error', () => (this.isRead = false));
    }
    if (this.isRead) process.stdout.write(line);
  },
};

/** Injection token of the process's one `Logger`. */
export const LOGGER = Symbol('logger');
