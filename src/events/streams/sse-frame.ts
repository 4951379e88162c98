import type { LoggedEvent } from '../event.js';
import type { Position } from '../position.js';

/**
 * The wire format (WHATWG HTML, section 9.2.6), as pure functions.
 *
 * A field ends at CR, LF or CRLF, and NUL in an id makes clients ignore it.
 * None of the three can reach the wire: names come from a fixed list, positions
 * are digits and a dash, and data is what `JSON.stringify` made, which escapes
 * every control character inside a string and writes none outside of one.
 */
export const CONTROL_FRAMES = ['snapshot', 'recovered', 'gap', 'heartbeat', 'goodbye'] as const;
export type ControlFrame = (typeof CONTROL_FRAMES)[number];

/** An unnamed message with its position as id: the only frame that has one. */
export function eventFrame(event: LoggedEvent): string {
  return `id: ${event.position}\ndata: ${event.json}\n\n`;
}

export function controlFrame(name: ControlFrame, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Events that this client should have had are gone.
 * @param from from this position on nothing is missing; absent: there is nothing
 */
export function gapFrame(from: Position | undefined): string {
  return controlFrame('gap', { lost: true, oldest: from ?? null });
}

/** As `controlFrame`, around JSON that is encoded already. */
export function snapshotFrame(events: readonly LoggedEvent[], latest: string): string {
  const list = events.map((event) => event.json).join(',');
  return `event: snapshot\ndata: {"events":[${list}],"latest":"${latest}"}\n\n`;
}

/**
 * The field that sets how many milliseconds a native EventSource waits before it
 * reconnects. No frame of its own: it goes in front of the first frame, into the
 * same block. Several libraries emit an empty event for a block with `retry:` alone.
 */
export function retryField(ms: number): string {
  return `retry: ${Math.round(ms)}\n`;
}
