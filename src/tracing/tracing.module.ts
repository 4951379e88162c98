import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { EventTracing } from '../events/event-tracing.js';
import type { Logger } from '../kernel/logger.js';
import { traceEndpoint, type Tracing } from './tracing.js';

/** Provides EventTracing to the rooms of events. */
@Global()
@Module({})
export class TracingModule {
  static with(events: EventTracing): DynamicModule {
    return {
      module: TracingModule,
      providers: [{ provide: EventTracing, useValue: events }],
      exports: [EventTracing],
    };
  }
}

/**
 * Starts tracing when an endpoint is configured. Without one, OpenTelemetry is not even
 * loaded, and requests and events take the same way as if it did not exist.
 */
export async function startTracing(
  service: string,
  version: string,
  config: Config,
  logger: Logger,
): Promise<Tracing | undefined> {
  const url = traceEndpoint(config);
  if (url === undefined) return undefined;
  const { OtlpTracing } = await import('./tracing.otlp.js');
  // The address may hold a password.
  logger.info({ endpoint: new URL(url).host, percent: config.VX11_TRACE_PERCENT }, 'tracing');
  return new OtlpTracing(
    {
      service,
      version,
      url,
      headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? '',
      share: config.VX11_TRACE_PERCENT / 100,
    },
    logger,
  );
}
