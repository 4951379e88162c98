import { Counter, Histogram } from 'prom-client';
import type { CredentialKind } from '../auth/token-metrics.js';
import { SEVERITIES } from '../events/event.js';
import { EventMetrics } from '../events/event-metrics.js';
import { END_REASONS, type EndReason } from '../events/end-reason.js';
import { PREFIX, REQUEST_SECONDS } from './names.js';

export class PrometheusEventMetrics extends EventMetrics {
  private readonly connections = {
    ephemeral: new Counter({
      name: `${PREFIX}sse_connections_ephemeral_total`,
      help: 'Streams opened with an ephemeral token',
    }),
    principal: new Counter({
      name: `${PREFIX}sse_connections_principal_total`,
      help: 'Streams opened with a principal token',
    }),
  };
  private readonly disconnects = new Counter({
    name: `${PREFIX}sse_disconnects_total`,
    help: 'Streams that ended, by reason',
    labelNames: ['reason'],
  });
  private readonly publishedTotal = new Counter({
    name: `${PREFIX}events_published_total`,
    help: 'Events appended to the log, by severity',
    labelNames: ['severity'],
  });
  private readonly deliveredTotal = new Counter({
    name: `${PREFIX}events_delivered_total`,
    help: 'Live events written to sockets: one for each event and socket',
  });
  private readonly replayedTotal = new Counter({
    name: `${PREFIX}events_replayed_total`,
    help: 'Events from the log written to resuming streams',
  });
  private readonly gapsTotal = new Counter({
    name: `${PREFIX}event_gaps_total`,
    help: 'Gap events sent: missed events that the log no longer has',
  });
  private readonly openDuration = new Histogram({
    name: `${PREFIX}sse_open_duration_seconds`,
    help: 'Seconds from the admission of a stream to its first frame: the audit entry and the first read of the log included',
    buckets: REQUEST_SECONDS,
  });
  private readonly deliveryDuration = new Histogram({
    name: `${PREFIX}event_delivery_duration_seconds`,
    help: 'Seconds from the acceptance of an event to its write to the last socket of a group; one observation per shared write, for its oldest event',
    buckets: REQUEST_SECONDS,
  });

  constructor() {
    super();
    for (const reason of END_REASONS) this.disconnects.inc({ reason }, 0);
    for (const severity of SEVERITIES) this.publishedTotal.inc({ severity }, 0);
  }

  opened(credential: CredentialKind): void {
    this.connections[credential].inc();
  }

  begun(seconds: number): void {
    this.openDuration.observe(seconds);
  }

  ended(reason: EndReason): void {
    this.disconnects.inc({ reason });
  }

  delivered(frames: number, sockets: number, oldestSeconds: number): void {
    if (sockets === 0) return;
    this.deliveredTotal.inc(frames * sockets);
    this.deliveryDuration.observe(oldestSeconds);
  }

  replayed(events: number): void {
    this.replayedTotal.inc(events);
  }

  gap(): void {
    this.gapsTotal.inc();
  }

  published(severity: string): void {
    this.publishedTotal.inc({ severity });
  }
}
