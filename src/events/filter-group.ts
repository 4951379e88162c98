import type { EventFilter } from '../kernel/event-filter.js';
import { SharedFrames, type Stream } from './stream.js';

interface Member {
  readonly stream: Stream;
  /** The first frame that is for it; earlier ones reached it by its replay. */
  readonly from: number;
}

/** How many sockets are written to before the clock is looked at. */
const SLICE = 32;
/** Milliseconds of writing after which other work gets its turn. */
const SLICE_MS = 2;

/**
 * All streams with one filter. A frame is matched and encoded once for all of
 * them; what gathers between two flushes leaves as one shared buffer, so a
 * delivery costs its share of one write.
 */
export class FilterGroup {
  private members: Member[] = [];
  private frames: string[] = [];
  /** Number of the first frame in `frames`, counted from the group's beginning. */
  private base = 0;
  private oldestAt = 0;

  constructor(readonly filter: EventFilter) {}

  get size(): number {
    return this.members.length;
  }

  get pending(): boolean {
    return this.frames.length > 0;
  }

  /** From the next frame on; whatever is gathered already is not for this stream. */
  join(stream: Stream): void {
    this.members.push({ stream, from: this.base + this.frames.length });
  }

  /** @param acceptedAt epoch milliseconds, for the delivery time */
  push(frame: string, acceptedAt: number): void {
    if (this.frames.length === 0) this.oldestAt = acceptedAt;
    this.frames.push(frame);
  }

  /**
   * Writes what has gathered to every member, yielding to the event loop
   * between slices so that a long fan-out never holds up issuing or health.
   */
  async flush(report: (frames: number, sockets: number, oldestAt: number) => void): Promise<void> {
    const { frames, base, oldestAt } = this;
    this.frames = [];
    this.base += frames.length;
    const all = new SharedFrames(frames.join(''));
    const tails = new Map<number, SharedFrames>();
    // Members that join meanwhile stand behind, with a `from` beyond these frames.
    const count = this.members.length;
    const members = this.members;
    let sliceEnds = performance.now() + SLICE_MS;
    let sockets = 0;
    for (let index = 0; index < count; index += 1) {
      const { stream, from } = members[index] as Member;
      // Ended, and not pruned yet: nothing is delivered to it.
      if (!stream.open) continue;
      if (from <= base) stream.writeShared(all);
      else if (from < base + frames.length)
        stream.writeShared(tailFrom(from - base, frames, tails));
      else continue;
      sockets += 1;
      if (index % SLICE === SLICE - 1 && performance.now() > sliceEnds) {
        await new Promise(setImmediate);
        sliceEnds = performance.now() + SLICE_MS;
      }
    }
    report(frames.length, sockets, oldestAt);
  }

  /** Forgets streams that have ended. A running flush keeps the list it began with. */
  prune(): void {
    this.members = this.members.filter(({ stream }) => stream.open);
  }
}

/** The frames for those who joined while they gathered; equal joins share one buffer. */
function tailFrom(
  index: number,
  frames: readonly string[],
  cache: Map<number, SharedFrames>,
): SharedFrames {
  let buffer = cache.get(index);
  if (!buffer) {
    buffer = new SharedFrames(frames.slice(index).join(''));
    cache.set(index, buffer);
  }
  return buffer;
}
