import { type Cursor, isPosition, type Position } from './position.js';
import type { Goodbye, Message, OperatorEvent } from './types.js';

/**
 * What one frame of the stream tells, in order. Events that the cursor has seen
 * are left out; frames of unknown names tell nothing; one that cannot be read
 * becomes `malformed`, and the stream goes on behind it.
 */
export function* readFrame(
  frame: string,
  data: string,
  id: string | undefined,
  cursor: Cursor,
): Generator<Message, void, void> {
  const body = parse(data);
  if (!body) {
    yield { type: 'malformed', value: { id } };
    return;
  }
  const latest = positionOrNull(body['latest']);
  switch (frame) {
    case 'message':
      yield* newEvents([body], cursor, id);
      return;
    case 'snapshot': {
      const count = yield* newEvents([body['events'] ?? []].flat(), cursor);
      cursor.reached(latest);
      yield { type: 'snapshot', value: { count, latest } };
      return;
    }
    case 'recovered':
      cursor.reached(latest);
      yield { type: 'recovered', value: { count: Number(body['count']), latest } };
      return;
    case 'gap': {
      const oldest = positionOrNull(body['oldest']);
      cursor.lost(oldest);
      yield { type: 'gap', value: { lost: true, oldest } };
      return;
    }
    case 'goodbye':
      yield { type: 'goodbye', value: body as unknown as Goodbye };
      return;
    default:
  }
}

/**
 * The events that the cursor has not seen; answers how many there were. The
 * position is the event's own, or else the `id` of its frame.
 */
export function* newEvents(
  events: readonly unknown[],
  cursor: Cursor,
  id?: string,
): Generator<Message, number, void> {
  let count = 0;
  for (const one of events) {
    const event = { position: id, ...(one as object) } as OperatorEvent;
    if (!isPosition(event.position) || !event.type) {
      yield { type: 'malformed', value: { id } };
    } else if (cursor.accept(event.position)) {
      count += 1;
      yield { type: 'event', value: event };
    }
  }
  return count;
}

function positionOrNull(value: unknown): Position | null {
  return isPosition(value) ? value : null;
}

function parse(data: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(data)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
