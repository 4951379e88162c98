import { webAddress } from '../formats.js';
import { Int, Text } from '../setting.js';

/** OpenTelemetry traces; off unless an endpoint is set. */
export class TracingSettings {
  @Text(
    undefined,
    'OTLP endpoint (HTTP, JSON) that gets the traces; /v1/traces is added to its path. Empty: OTEL_EXPORTER_OTLP_ENDPOINT; both empty: no traces.',
    { example: 'http://127.0.0.1:4318', format: webAddress },
  )
  VX11_OTLP_ENDPOINT: string | undefined;

  @Text(undefined, "OpenTelemetry's own name for VX11_OTLP_ENDPOINT, which wins.", {
    format: webAddress,
  })
  OTEL_EXPORTER_OTLP_ENDPOINT: string | undefined;

  @Text(undefined, 'Headers for the endpoint, as name=value,name=value; values percent-encoded.', {
    secret: true,
  })
  OTEL_EXPORTER_OTLP_HEADERS: string | undefined;

  @Int(
    100,
    'Share of the traces that are recorded. It is decided by the trace id, so that every process decides alike.',
    { min: 0, max: 100, unit: '%' },
  )
  VX11_TRACE_PERCENT: number;
}
