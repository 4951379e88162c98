import type { LoggedEvent } from '../event.js';
import type { Position } from '../position.js';

/**
 * The wire format of Server-Sent Events (WHATWG HTML, section 9.2.6), as pure functions.
 *
 * CR, LF or CRLF ends a field, and clients ignore an id that contains NUL. No field
 * value can contain these characters: names come from a fixed list, positions are
 * digits and a dash, and data is the output of `JSON.stringify`, which escapes every
 * control character inside a string and writes none outside of one.
 */
export const CONTROL_FRAMES = ['snapshot', 'recovered', 'gap', 'heartbeat', 'goodbye'] as const;
export type ControlFrame = (typeof CONTROL_FRAMES)[number];

/** One event as an unnamed message with its position as id. No other frame has an id. */
export function eventFrame(event: LoggedEvent): string {
  return `id: ${event.position}\ndata: ${event.json}\n\n`;
}

export function controlFrame(name: ControlFrame, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Reports that the log no longer has events that this client has not received.
 * @param from no event at or after this position is missing; absent: the log is empty
 */
export function gapFrame(from: Position | undefined): string {
  return controlFrame('gap', { lost: true, oldest: from ?? null });
}

/** Like `controlFrame`, but takes events that are already encoded as JSON. */
export function snapshotFrame(events: readonly LoggedEvent[], latest: string): string {
  const list = events.map((event) => event.json).join(',');
  return `event: snapshot\ndata: {"events":[${list}],"latest":"${latest}"}\n\n`;
}

/**
 * The field that sets how many milliseconds a native EventSource waits before it
 * reconnects. Write it directly before the first frame, so that both are one block:
 * several libraries emit an empty event for a block that has only `retry:`.
 */
export function retryField(ms: number): string {
  return `retry: ${Math.round(ms)}\n`;
}
