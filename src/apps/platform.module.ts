import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';

/** What every process has: time and a log. */
@Global()
@Module({})
export class PlatformModule {
  static with(logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      providers: [
        { provide: Clock, useClass: SystemClock },
        { provide: LOGGER, useValue: logger },
      ],
      exports: [Clock, LOGGER],
    };
  }
}
