import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../kernel/logger.js';

/** Sends Nest's own log lines to the process's logger, which redacts them. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (message instanceof Error) this.logger.error({ err: message }, 'error');
    else this.logger.error({ context: rest.at(-1), stack: rest[0] }, String(message));
  }

  fatal(message: unknown, context?: string): void {
    this.logger.fatal({ context }, String(message));
  }
}
