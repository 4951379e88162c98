import { Module, type DynamicModule } from '@nestjs/common';
import { SecurityEvents } from '../../auth/security-events.js';
import { SystemEvents } from './system-events.js';

/** The system's own events, in the log. */
@Module({})
export class AnnounceModule {
  /** @param log provides EventLog */
  static with(log: DynamicModule): DynamicModule {
    return {
      module: AnnounceModule,
      imports: [log],
      providers: [SystemEvents, { provide: SecurityEvents, useExisting: SystemEvents }],
      exports: [SystemEvents, SecurityEvents],
    };
  }
}
