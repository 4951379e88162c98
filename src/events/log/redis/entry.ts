import { fieldsOf, type StreamEntry } from '../../../redis/stream-entry.js';
import { placeEvent, type LoggedEvent, type NewEvent, type Severity } from '../../event.js';
import { ORIGIN, type Position } from '../../position.js';

/** The bounds of the log after the append that wrote an entry. */
export interface EntryBounds {
  /** Position of the newest event that was trimmed; ORIGIN when there is none. */
  readonly floor: Position;
  /** Number of that event. */
  readonly nfloor: number;
  /** Position of the oldest event held. */
  readonly oldest: Position | undefined;
}

/** One entry of the log, decoded. */
export interface DecodedEntry {
  readonly event: LoggedEvent;
  /** Events are numbered 1, 2, 3 … without a gap. */
  readonly number: number;
  readonly bounds: EntryBounds;
}

/** What `append.lua` writes of one event, in its order. */
export function encodeEvent(event: NewEvent): string[] {
  const { severity, type, module, json, publisher } = event;
  return [severity, type, module, json, publisher];
}

/** The field names are explained in `state.lua`. */
export function decodeEntry(entry: StreamEntry): DecodedEntry {
  const { n, b = '', s, t = '', m = '', e = '', p = '' } = fieldsOf(entry);
  const [floor = ORIGIN, nfloor, oldest] = b.split(' ');
  const event = { severity: s as Severity, type: t, module: m, json: e, publisher: p };
  return {
    event: placeEvent(event, entry[0]),
    number: Number(n),
    bounds: { floor, nfloor: Number(nfloor), oldest },
  };
}
