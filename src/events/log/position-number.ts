import { parts, positionOf, type Position } from '../position.js';

/*
 * Positions of the embedded logs as one integer, ms * 2048 + seq: it sorts like
 * the position, is SQLite's row id, and stays a safe integer until 2109. More
 * than 2048 events in one millisecond run on into the next.
 */
const PER_MS = 2048;
const LAST_MS = 2 ** 42 - 1;

export function numberToPosition(n: number): Position {
  const seq = n % PER_MS;
  return positionOf((n - seq) / PER_MS, seq);
}

/**
 * The greatest number at or before the position. A client may send a `seq` or a time that
 * no number has.
 */
export function numberAtOrBefore(position: Position): number {
  const [ms, seq] = parts(position);
  if (ms > LAST_MS) return Number.MAX_SAFE_INTEGER;
  return ms * PER_MS + Math.min(seq, PER_MS - 1);
}

/** The smallest number at or after the position. */
export function numberAtOrAfter(position: Position): number {
  const [ms, seq] = parts(position);
  if (ms > LAST_MS) return Number.MAX_SAFE_INTEGER;
  return ms * PER_MS + Math.min(seq, PER_MS);
}

/** The number of an event accepted at `ms`: greater than `last` even when the clock goes back. */
export function nextNumber(last: number, ms: number): number {
  return Math.max(last + 1, Math.floor(ms) * PER_MS);
}
