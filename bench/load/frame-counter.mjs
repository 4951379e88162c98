const LF = 10;
const STAMP = Buffer.from('"sent_us":');

/**
 * Frames shorter than this are control frames (heartbeat, retry, recovered); every event the
 * publisher makes is longer. It is also the stretch that need not be searched for an end.
 */
export const SHORTEST_EVENT = 200;

/**
 * Counts the events in one stream's bytes as they arrive, cheaply enough for millions a second: a
 * frame ends at LF LF, the next end is looked for where the last frame's length says first, and by
 * search where that misses. Chunk headers between frames count as part of the next frame.
 */
export class FrameCounter {
  /** Events so far. */
  events = 0;
  /** The part of the last read's first event that lay in that read; end -1 for none. */
  firstStart = 0;
  firstEnd = -1;
  #length = SHORTEST_EVENT;
  /** Bytes of the unfinished frame seen in earlier reads. */
  #carried = 0;
  #endedInLf = false;

  /** Takes a read's `n` bytes. Returns how many events ended in them. */
  take(buffer, n) {
    this.firstEnd = -1;
    let start = 0;
    let counted = 0;
    for (;;) {
      const end = this.#frameEnd(buffer, start, n);
      if (end < 0) break;
      const length = end - start + this.#carried;
      if (length >= SHORTEST_EVENT) {
        counted++;
        this.#length = length;
        if (counted === 1) {
          this.firstStart = start;
          this.firstEnd = end;
        }
      }
      this.#carried = 0;
      this.#endedInLf = false;
      start = end;
    }
    if (start < n) {
      this.#carried += n - start;
      this.#endedInLf = buffer[n - 1] === LF;
    }
    this.events += counted;
    return counted;
  }

  /** Index after the LF LF that ends the frame beginning at `start`, or -1. */
  #frameEnd(buffer, start, n) {
    if (start >= n) return -1;
    if (this.#carried > 0 && this.#endedInLf && buffer[start] === LF) return start + 1;
    // Two events never fit into one's length, so a hit here cannot have skipped an end, except that
    // of a control frame, which is not counted.
    const guess = start + this.#length - this.#carried;
    if (guess > start + 1 && guess <= n && buffer[guess - 1] === LF && buffer[guess - 2] === LF) {
      return guess;
    }
    for (
      let lf = buffer.indexOf(LF, start);
      lf >= 0 && lf + 1 < n;
      lf = buffer.indexOf(LF, lf + 1)
    ) {
      if (buffer[lf + 1] === LF) return lf + 2;
    }
    return -1;
  }
}

/** The publisher's clock reading (microseconds) inside an event, or NaN where it was cut off. */
export function sentMicros(buffer, start, end) {
  const at = buffer.indexOf(STAMP, start);
  if (at < 0 || at >= end) return NaN;
  return Number.parseInt(buffer.latin1Slice(at + STAMP.length, at + STAMP.length + 20), 10);
}
