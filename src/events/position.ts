/**
 * Where an event stands in the log: `<epoch ms>-<seq>`. Positions only grow,
 * over restarts and over all instances; they are the `id:` of the stream.
 */
export type Position = string;

/** Before every event. */
export const ORIGIN: Position = '0-0';

const POSITION = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,9})$/;

/** Anything a client may send; `undefined` when it is not a position. */
export function parsePosition(text: string): Position | undefined {
  return POSITION.test(text) ? text : undefined;
}

/** Negative, zero or positive as `a` stands before, at or after `b`. */
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

export function parts(position: Position): readonly [ms: number, seq: number] {
  const dash = position.indexOf('-');
  return [Number(position.slice(0, dash)), Number(position.slice(dash + 1))];
}
