/**
 * The place of an event in the log: `<epoch ms>-<seq>`. Positions only grow, over restarts
 * and over all instances. The stream sends them as `id:`.
 */
export type Position = string;

/** Before every event. */
export const ORIGIN: Position = '0-0';

/** The one spelling of a position. Redis would read `00-0` as well, but not as the same text. */
export const POSITION = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,9})$/;
/** Ten digits, as `POSITION` allows. */
const GREATEST_SEQ = 9_999_999_999;

/** @returns `undefined` when the text, which a client may have sent, is not a position */
export function parsePosition(text: string): Position | undefined {
  return POSITION.test(text) ? text : undefined;
}

/** Negative, zero or positive when `a` is before, equal to or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  if (a === b) return 0;
  const [aMs, aSeq] = parts(a);
  const [bMs, bSeq] = parts(b);
  return aMs - bMs || aSeq - bSeq;
}

/** The wall-clock part, milliseconds since the epoch. */
export function positionTime(position: Position): number {
  return parts(position)[0];
}

export function positionOf(ms: number, seq: number): Position {
  return `${ms}-${seq}`;
}

export function later(a: Position, b: Position): Position {
  return comparePositions(a, b) >= 0 ? a : b;
}

export function earlier(a: Position, b: Position): Position {
  return comparePositions(a, b) <= 0 ? a : b;
}

/** No position is between the two. */
export function justBefore(position: Position): Position {
  const [ms, seq] = parts(position);
  return seq > 0 ? positionOf(ms, seq - 1) : positionOf(ms - 1, GREATEST_SEQ);
}

/** No position is between the two. */
export function justAfter(position: Position): Position {
  const [ms, seq] = parts(position);
  return seq < GREATEST_SEQ ? positionOf(ms, seq + 1) : positionOf(ms + 1, 0);
}

export function parts(position: Position): readonly [ms: number, seq: number] {
  const dash = position.indexOf('-');
  return [Number(position.slice(0, dash)), Number(position.slice(dash + 1))];
}
