import { Module, type DynamicModule } from '@nestjs/common';
import { StateGauges } from './state-gauges.prometheus.js';

/** Gauges that read the current state of tokens, streams and the log at each scrape. */
@Module({})
export class StateGaugesModule {
  /** @param imports provide TokenCache, StreamCounts and EventLog */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return { module: StateGaugesModule, imports, providers: [StateGauges] };
  }
}
