import { type Cursor, isPosition, type Position } from './position.js';
import type { Goodbye, Message, OperatorEvent } from './types.js';

/** The JSON that each event was read from: its own, or that of a list with these events. */
export const sources = new WeakMap<object, { json: string; events?: OperatorEvent[] }>();

/**
 * The messages in one frame of the stream, in order. Events that the cursor has
 * seen are left out, and so are frames of unknown names. A frame that cannot be
 * read becomes `malformed`; the stream continues after it.
 */
export function* readFrame(
  frame: string,
  data: string,
  id: string | undefined,
  cursor: Cursor,
): Generator<Message, void, void> {
  const body = parse(data);
  // Without a body, whatever the frame's name, this is an event without a type: malformed.
  if (!body || frame === 'message') {
    yield* newEvents([readEvent(data, body, id)], cursor, id);
    return;
  }
  switch (frame) {
    case 'snapshot':
    case 'recovered': {
      const events = readEvents(data, body);
      const count = events ? yield* newEvents(events, cursor) : Number(body['count']);
      const latest = positionOrNull(body['latest']);
      cursor.reached(latest);
      yield { type: frame, value: { count, latest } };
      return;
    }
    case 'gap':
      yield* newEvents([], cursor, id, body);
      return;
    case 'goodbye':
      yield { type: 'goodbye', value: body as unknown as Goodbye };
  }
}

/** The gap, if there is one, and the events that the cursor has not seen; returns how many there were. */
export function* newEvents(
  events: readonly OperatorEvent[],
  cursor: Cursor,
  id?: string,
  gap?: { oldest?: unknown } | null,
): Generator<Message, number, void> {
  let count = 0;
  if (gap) {
    const oldest = positionOrNull(gap.oldest);
    cursor.lost(oldest);
    yield { type: 'gap', value: { lost: true, oldest } };
  }
  for (const event of events) {
    if (!isPosition(event.position) || !event.type) {
      yield { type: 'malformed', value: { id } };
    } else if (cursor.accept(event.position)) {
      count += 1;
      yield { type: 'event', value: event };
    }
  }
  return count;
}

/** An event from its JSON and what that parses to. Its position is its own, or else the `id` of its frame. */
export function readEvent(json: string, body: object | undefined, id?: string): OperatorEvent {
  const event = { position: id, ...body } as OperatorEvent;
  sources.set(event, { json });
  return event;
}

/** The events of a snapshot, or of a page of the history; undefined where there is no list. */
export function readEvents(
  json: string,
  body: { events?: unknown } | undefined,
): OperatorEvent[] | undefined {
  if (Array.isArray(body?.events)) {
    const events = body.events.map(Object) as OperatorEvent[];
    for (const event of events) sources.set(event, { json, events });
    return events;
  }
}

export function positionOrNull(value: unknown): Position | null {
  return isPosition(value) ? value : null;
}

/** The value as an object; undefined when the text is not JSON. */
export function parse(data: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(data)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
