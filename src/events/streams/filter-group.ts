import type { EventFilter } from '../../kernel/event-filter.js';
import { chunkOf, type Chunk } from '../../http/chunked.js';
import type { Stream } from './stream.js';

interface Frame {
  readonly text: string;
  /** Of an event, epoch milliseconds; absent: it is about events, and counts as none. */
  readonly acceptedAt: number | undefined;
}

interface Member {
  readonly stream: Stream;
  /** Number of the next frame for it; earlier ones reached it, here or by its replay. */
  next: number;
}

/** Reports one shared write: how many events reached how many sockets, and when the oldest was accepted. */
export type Report = (frames: number, sockets: number, acceptedAt: number) => void;

/**
 * All streams with one filter. A frame is matched and encoded once for all of
 * them and kept until each has it; a member is given all that it lacks in one
 * write, and members that lack the same share one buffer.
 */
export class FilterGroup {
  private members: Member[] = [];
  private frames: Frame[] = [];
  /** Number of the first frame in `frames`, counted from the group's beginning. */
  private base = 0;

  constructor(readonly filter: EventFilter) {}

  get size(): number {
    return this.members.length;
  }

  /** Whether some member may still lack something. */
  get pending(): boolean {
    return this.frames.length > 0;
  }

  /** From the next frame on; whatever is there already is not for this stream. */
  join(stream: Stream): void {
    this.members.push({ stream, next: this.end });
  }

  /** @param acceptedAt of an event, epoch milliseconds; absent for what is told about events */
  push(text: string, acceptedAt?: number): void {
    this.frames.push({ text, acceptedAt });
  }

  /**
   * Writes to every member once, and pauses after each: whoever runs it decides
   * when other work gets its turn. A member is given what is there when it is its
   * turn, not what was there when the round began; so none waits longer than from
   * its turn in one round to its turn in the next, however long a round takes.
   */
  *round(report: Report): Generator<void, void> {
    const { members, end } = this;
    let write: SharedWrite | undefined;
    for (const member of members) {
      // Ended, and not pruned yet: nothing is delivered to it.
      if (!member.stream.open || member.next >= this.end) continue;
      if (write?.from !== member.next || write.to !== this.end) {
        write?.tell(report);
        write = new SharedWrite(this.frames.slice(member.next - this.base), member.next);
      }
      member.next = write.to;
      write.into(member.stream);
      yield;
    }
    write?.tell(report);
    // Everybody has at least what was there when the round began.
    this.frames.splice(0, end - this.base);
    this.base = end;
  }

  /** Forgets streams that have ended. A running round keeps the list it began with. */
  prune(): void {
    this.members = this.members.filter(({ stream }) => stream.open);
  }

  /** Number of the next frame to come. */
  private get end(): number {
    return this.base + this.frames.length;
  }
}

/** What members in a row lack alike, encoded once. */
class SharedWrite {
  readonly to: number;
  private readonly frames: Chunk;
  /** When each event of it was accepted. */
  private readonly accepted: readonly number[];
  private sockets = 0;

  constructor(
    frames: readonly Frame[],
    readonly from: number,
  ) {
    this.to = from + frames.length;
    this.frames = chunkOf(frames.map(({ text }) => text).join(''));
    this.accepted = frames.flatMap(({ acceptedAt }) => acceptedAt ?? []);
  }

  into(stream: Stream): void {
    stream.writeShared(this.frames);
    this.sockets += 1;
  }

  tell(report: Report): void {
    const [oldest] = this.accepted;
    if (oldest !== undefined) report(this.accepted.length, this.sockets, oldest);
  }
}
