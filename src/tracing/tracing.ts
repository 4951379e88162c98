import type { Config } from '../config/config.js';
import { withoutTrailingSlashes } from '../config/addresses.js';
import type { EventTracing } from '../events/event-tracing.js';
import type { HttpTracing } from '../http/http-tracing.js';

/** The traces of one process. */
export interface Tracing {
  readonly http: HttpTracing;
  readonly events: EventTracing;
  /** Sends what is left, within a few seconds. Never rejects. */
  close(): Promise<void>;
}

const PATH = '/v1/traces';

/** The address that gets the traces; undefined when tracing is off. */
export function traceEndpoint(config: Config): string | undefined {
  const given = config.VX11_OTLP_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (given === undefined) return undefined;
  const base = withoutTrailingSlashes(given);
  return base.endsWith(PATH) ? base : base + PATH;
}
