import { objectIn } from '../../../kernel/json.js';
import { fieldsOf, type StreamEntry } from '../../../redis/stream-entry.js';
import {
  placeEvent,
  SEVERITIES,
  SYSTEM_PUBLISHER,
  type LoggedEvent,
  type NewEvent,
} from '../../event.js';
import type { Position } from '../../position.js';

const BOUNDS = /^(\d{1,15}-\d{1,10}) (\d{1,15}) (\d{1,15}-\d{1,10})$/;
// What ends a line of the stream, or makes a client ignore it.
const BREAKS = /[\r\n\0]/;

/** The bounds of the log after the append that wrote an entry. */
export interface EntryBounds {
  /** Position of the newest event that was trimmed; ORIGIN when there is none. */
  readonly floor: Position;
  /** Number of that event. */
  readonly nfloor: number;
  /** Position of the oldest event held. */
  readonly oldest: Position | undefined;
}

/** One entry of the log, decoded. Number and bounds are absent where they are damaged. */
export interface DecodedEntry {
  readonly event: LoggedEvent;
  /** Events are numbered 1, 2, 3 … without a gap. */
  readonly number: number | undefined;
  readonly bounds: EntryBounds | undefined;
}

/** What `append.lua` writes of one event, in its order. */
export function encodeEvent(event: NewEvent): string[] {
  const { severity, type, module, json, publisher } = event;
  return [severity, type, module, json, publisher];
}

/** The field names are explained in `state.lua`. */
export function decodeEntry(entry: StreamEntry): DecodedEntry {
  const { n = '', b = '', s, t = '', m = '', e = '', p = '' } = fieldsOf(entry);
  const [, floor, nfloor, oldest] = BOUNDS.exec(b) ?? [];
  return {
    event: storedEvent({ ...labelsOf(s, t, m), json: e, publisher: p }, entry[0]),
    number: /^\d{1,15}$/.test(n) ? Number(n) : undefined,
    bounds: floor === undefined ? undefined : { floor, nfloor: Number(nfloor), oldest },
  };
}

type Labels = Pick<LoggedEvent, 'severity' | 'type' | 'module'>;

/** What an event is matched by; of a damaged one, what is left of it. */
export function labelsOf(severity: string | undefined, type: string, module: string): Labels {
  const known = SEVERITIES.find((one) => one === severity);
  return { severity: known ?? 'error', type, module };
}

/**
 * An event as the log has it. In the place of JSON that is damaged, which would break a frame, a
 * page of the history or a filter, comes an event that says so.
 */
export function storedEvent(
  event: Labels & { readonly json: string; readonly publisher: string },
  position: Position,
): LoggedEvent {
  const { json } = event;
  const isWhole = json.startsWith('{"') && !BREAKS.test(json) && objectIn(json) !== undefined;
  return placeEvent(isWhole ? event : { ...event, json: damaged(event, position) }, position);
}

function damaged({ severity, type, module }: Labels, position: Position): string {
  return JSON.stringify({
    specversion: '1.0',
    id: position,
    source: SYSTEM_PUBLISHER,
    type: type || 'vx11.event.damaged',
    severity,
    module: module || 'operator-backend',
    data: { summary: 'This event is damaged in Redis.' },
  });
}
