import type { LoggedEvent, NewEvent } from './event.js';

/** The span of one event's way to the streams of this instance. */
export interface Delivery {
  /** The event is queued for one more group of streams. */
  queued(): void;
  /** One shared write has taken the event to so many sockets. */
  wrote(sockets: number): void;
  /** One group is done; the span ends with the last of the queued ones. */
  done(): void;
}

/** Records what happens to events as spans. Never throws. */
export abstract class EventTracing {
  /**
   * Appends the events inside a span for each of them.
   * @param traceparent of the request that brought the events
   * @param append gets the same events; one that came without a trace context has that of its span
   */
  abstract publish<Appended extends { readonly duplicates: number }>(
    events: readonly NewEvent[],
    traceparent: string | undefined,
    append: (events: readonly NewEvent[]) => Promise<Appended>,
  ): Promise<Appended>;

  /** Begins the delivery of an event; undefined when its trace is not recorded. */
  abstract deliver(event: LoggedEvent): Delivery | undefined;
}

/** Records nothing. */
export class NoEventTracing extends EventTracing {
  publish<Appended extends { readonly duplicates: number }>(
    events: readonly NewEvent[],
    _traceparent: string | undefined,
    append: (events: readonly NewEvent[]) => Promise<Appended>,
  ): Promise<Appended> {
    return append(events);
  }

  deliver(): undefined {
    return undefined;
  }
}
