import { comparePositions, justAfter, ORIGIN, type Position } from '../position.js';
import type { Bounds } from './event-log.js';

/**
 * Whether some events after a position may be gone. So they may be when it is from before the
 * log began, or after its newest event: the log started over, and nobody can say what its reader
 * has seen. ORIGIN is the position of no event, but asks for all of them.
 */
export function isBehindGap(after: Position, { trimmedThrough, began, newest }: Bounds): boolean {
  const isOfAnother = after !== ORIGIN && comparePositions(after, began) < 0;
  return (
    isOfAnother ||
    comparePositions(after, trimmedThrough) < 0 ||
    comparePositions(after, newest) > 0
  );
}

/** No event at or after this position is missing; undefined when the log is empty. */
export function wholeFrom({ trimmedThrough, oldest }: Bounds): Position | undefined {
  // If the oldest event is not after `trimmedThrough`, some events between the two are missing.
  const whole = oldest === undefined || comparePositions(oldest, trimmedThrough) > 0;
  return whole ? oldest : justAfter(trimmedThrough);
}
