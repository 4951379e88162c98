import { Module, type DynamicModule } from '@nestjs/common';
import { StateGauges } from './state-gauges.prometheus.js';

/** The gauges that are read from the rooms' own state at each scrape. */
@Module({})
export class StateGaugesModule {
  /** @param imports provide TokenCache, StreamCounts and EventLog */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return { module: StateGaugesModule, imports, providers: [StateGauges] };
  }
}
