import { comparePositions, justAfter, positionOf, type Position } from '../position.js';
import type { Bounds } from './event-log.js';

/** No log has given out an earlier position: such a one asks for all that there is, as ORIGIN does. */
const EARLIEST = positionOf(Date.UTC(2020, 0, 1), 0);

/**
 * Whether some events after a position may be gone. So they may be when this log cannot have given
 * it out, as it is in a break or after the newest event: nobody can say what its reader has seen.
 */
export function isBehindGap(after: Position, { trimmedThrough, breaks, newest }: Bounds): boolean {
  const isOfAnother =
    comparePositions(after, EARLIEST) >= 0 &&
    breaks.some(
      (place) =>
        comparePositions(after, place.after) > 0 && comparePositions(after, place.until) < 0,
    );
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
