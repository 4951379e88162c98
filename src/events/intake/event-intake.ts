import { Injectable } from '@nestjs/common';
import type { NewEvent } from '../event.js';
import { EventMetrics } from '../event-metrics.js';
import { EventLog } from '../log/event-log.js';

export interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
  /** The events' own ids, in the order given. */
  readonly ids: readonly string[];
}

/** The one door for events from outside: what it resolves for is kept. */
@Injectable()
export class EventIntake {
  constructor(
    private readonly log: EventLog,
    private readonly metrics: EventMetrics,
  ) {}

  /** @throws ProblemError event_log_unavailable; then nothing was taken */
  async accept(events: readonly NewEvent[]): Promise<Accepted> {
    const { positions, duplicates } = await this.log.append(events);
    for (const [index, event] of events.entries()) {
      if (positions[index] !== undefined) this.metrics.published(event.severity);
    }
    return {
      accepted: events.length - duplicates,
      duplicates,
      ids: events.map((event) => event.id),
    };
  }
}
