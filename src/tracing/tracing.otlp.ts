import { diag, DiagLogLevel } from '@opentelemetry/api';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import {
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { Logger } from '../kernel/logger.js';
import { OtlpEventTracing } from './event-tracing.otlp.js';
import { OtlpHttpTracing } from './http-tracing.otlp.js';
import type { Tracing } from './tracing.js';

const EXPORT_MS = 1_000;
const EXPORT_TIMEOUT_MS = 5_000;
/** Spans that wait for the endpoint; above this number they are dropped. */
const QUEUE = 8_192;
const WARNING_MS = 60_000;

export interface OtlpOptions {
  readonly service: string;
  readonly version: string;
  /** With its path. */
  readonly url: string;
  /** `name=value,name=value` */
  readonly headers: string;
  /** Share of the traces that are recorded, 0 to 1. */
  readonly share: number;
}

/** Sends spans in batches; an endpoint that is slow or away costs spans, never requests. */
export class OtlpTracing implements Tracing {
  readonly http: OtlpHttpTracing;
  readonly events: OtlpEventTracing;
  private readonly provider: TracerProvider;

  constructor({ service, version, url, headers, share }: OtlpOptions, logger: Logger) {
    warnThrough(logger);
    // By trace id alone, also below a remote parent: the flag of a stranger's request must
    // not decide how much is recorded.
    const byId = new TraceIdRatioBasedSampler(share);
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({
        [ATTR_SERVICE_NAME]: service,
        [ATTR_SERVICE_NAMESPACE]: 'vx11',
        [ATTR_SERVICE_VERSION]: version,
      }),
      sampler: new ParentBasedSampler({ root: byId, remoteParentSampled: byId }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new OTLPTraceExporter({
            url,
            headers: parseKeyPairsIntoRecord(headers),
            timeoutMillis: EXPORT_TIMEOUT_MS,
          }),
          maxQueueSize: QUEUE,
          scheduledDelayMillis: EXPORT_MS,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        }),
      ],
    });
    const tracer = this.provider.getTracer('vx11-operator', version);
    this.http = new OtlpHttpTracing(tracer);
    this.events = new OtlpEventTracing(tracer);
  }

  async close(): Promise<void> {
    // What cannot be sent is lost; the reason is in the log by way of `diag`.
    await this.provider.shutdown().catch((error: unknown) => diag.error(String(error)));
  }
}

/** OpenTelemetry's own complaints in our log, at most one a minute. */
function warnThrough(logger: Logger): void {
  let last = -Infinity;
  const warn = (message: string, ...details: unknown[]) => {
    const now = performance.now();
    if (now - last < WARNING_MS) return;
    last = now;
    const detail = [message, ...details].map((part) => String(part)).join(' ');
    logger.warn({ detail }, 'Traces are lost: check VX11_OTLP_ENDPOINT and what listens there.');
  };
  const quiet = () => undefined;
  diag.setLogger(
    { error: warn, warn, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
