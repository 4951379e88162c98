import { Global, Module, type DynamicModule } from '@nestjs/common';
import { RetireAtShutdown } from '../http/retiring-connections.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { Readiness } from '../kernel/readiness.js';

/** Providers that every process has: clock, logger and readiness. */
@Global()
@Module({})
export class PlatformModule {
  static with(logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      providers: [
        { provide: Clock, useClass: SystemClock },
        { provide: LOGGER, useValue: logger },
        RetireAtShutdown,
        { provide: Readiness, useFactory: (clock: Clock) => new Readiness(clock), inject: [Clock] },
      ],
      exports: [Clock, LOGGER, Readiness],
    };
  }
}
