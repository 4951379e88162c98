import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.js';
import type { Caller } from '../../auth/ephemeral-tokens.js';
import type { Principal } from '../../auth/principal.js';
import type { NewEvent } from '../event.js';
import { EventMetrics } from '../event-metrics.js';
import { EventTracing } from '../event-tracing.js';
import { EventLog } from '../log/event-log.js';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from './limits.js';
import { mustBeInFilter, type FieldOf } from './rights.js';

/** Most characters of JSON in one append. The largest batch has fewer, with the attributes that the intake adds. */
const PART_CHARS = 2 * MAX_BATCH_BYTES;

export interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
  /** The events' own ids, in the order given. */
  readonly ids: readonly string[];
}

/** Appends events from requests to the log. When `accept` resolves, they are durable. */
@Injectable()
export class EventIntake {
  constructor(
    private readonly log: EventLog,
    private readonly metrics: EventMetrics,
    private readonly tracing: EventTracing,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Appends in parts, because the log commits each append as a whole and a notification of
   * Alertmanager may have far more events than a batch. A batch is one part, so all of it
   * is taken or none. When a later part of a notification fails, the earlier parts are
   * already in the log; Alertmanager's retry finds them as duplicates.
   * @param traceparent of the request that brought the events
   * @throws ProblemError insufficient_scope, event_log_unavailable
   */
  async accept(
    events: readonly NewEvent[],
    principal: Principal,
    { address, correlationId }: Pick<Caller, 'address' | 'correlationId'>,
    fieldOf: FieldOf,
    traceparent?: string,
  ): Promise<Accepted> {
    mustBeInFilter(principal, events, fieldOf);
    let duplicates = 0;
    for (const part of partsOf(events)) {
      const appended = await this.tracing.publish(part, traceparent, (traced) =>
        this.log.append(traced),
      );
      duplicates += appended.duplicates;
      for (const [index, event] of part.entries()) {
        if (appended.positions[index] !== undefined) this.metrics.published(event.severity);
      }
    }
    await this.audit.record({
      action: 'events.published',
      actor: principal.id,
      address,
      correlationId,
      amount: events.length - duplicates,
    });
    return {
      accepted: events.length - duplicates,
      duplicates,
      ids: events.map((event) => event.id),
    };
  }
}

function* partsOf(events: readonly NewEvent[]): Generator<readonly NewEvent[]> {
  let part: NewEvent[] = [];
  let chars = 0;
  for (const event of events) {
    if (part.length === MAX_BATCH_EVENTS || chars + event.json.length > PART_CHARS) {
      yield part;
      part = [];
      chars = 0;
    }
    part.push(event);
    chars += event.json.length;
  }
  if (part.length > 0) yield part;
}
