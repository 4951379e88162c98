import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { EventLog } from '../events/log/event-log.js';
import { StreamCounts } from '../events/streams/stream-counts.js';
import { TokenCache } from '../token-cache/token-cache.js';
import { PREFIX } from './names.js';

/** Gauges that read the current state at each scrape, so that they cannot differ from it. */
@Injectable()
export class StateGauges {
  constructor(tokens: TokenCache, streams: StreamCounts, log: EventLog) {
    new Gauge({
      name: `${PREFIX}ephemeral_tokens_active`,
      help: 'Valid ephemeral tokens that this instance issued',
      collect() {
        this.set(tokens.size());
      },
    });
    new Gauge({
      name: `${PREFIX}sse_connections_active`,
      help: 'Open streams of this instance, by credential',
      labelNames: ['credential'],
      collect() {
        for (const [credential, count] of Object.entries(streams.byCredential)) {
          this.set({ credential }, count);
        }
      },
    });
    new Gauge({
      name: `${PREFIX}event_log_length`,
      help: 'Events that the log holds',
      async collect() {
        // A log that does not answer must not fail the whole scrape.
        const bounds = await log.bounds().catch(() => undefined);
        this.set(bounds?.length ?? NaN);
      },
    });
  }
}
