import type { OperatorEvent } from '@vx11/events-client';
import { hrefOf } from '../app/route.js';
import { summaryOf } from '../events/entry.js';
import { Seen } from '../ui/seen.js';

/** The summary of an event, which opens its details. */
export function EventLink({ event }: { event: OperatorEvent }) {
  return (
    <a class="event-link" href={hrefOf('events', new URLSearchParams({ event: event.position }))}>
      <span class={`severity ${event.severity}`}>
        <span class="sr-only">{event.severity}: </span>
      </span>
      <span class="event-words" title={summaryOf(event) || event.type}>
        <Seen text={summaryOf(event) || event.type} />
      </span>
    </a>
  );
}
