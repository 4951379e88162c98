import type { EventFilter } from '../../kernel/event-filter.js';
import { chunkOf, type Chunk } from '../../http/chunked.js';
import type { Delivery } from '../event-tracing.js';
import type { Stream } from './stream.js';

interface Frame {
  readonly text: string;
  /** When the event was accepted, epoch milliseconds. Absent for a control frame, which is no delivery. */
  readonly acceptedAt: number | undefined;
  /** Present while the event's trace is recorded. */
  readonly delivery: Delivery | undefined;
}

interface Member {
  readonly stream: Stream;
  /** Number of the next frame for this stream. It has got all earlier ones from the group or its replay. */
  next: number;
}

/** Reports one shared write: how many events reached how many sockets, and when the oldest was accepted. */
export type Report = (frames: number, sockets: number, acceptedAt: number) => void;

/**
 * All streams with one filter. Each frame is matched and encoded once for all of
 * them, and kept until every member has it. A member gets all frames that it lacks in
 * one write. Members that lack the same frames share one buffer.
 */
export class FilterGroup {
  private members: Member[] = [];
  private frames: Frame[] = [];
  /** Number of the first frame in `frames`; the group's very first frame is 0. */
  private base = 0;
  /** How many of the frames have a delivery to report to: none, unless tracing is on. */
  private traced = 0;

  constructor(readonly filter: EventFilter) {}

  get size(): number {
    return this.members.length;
  }

  /** Whether some member may still lack a frame. */
  get pending(): boolean {
    return this.frames.length > 0;
  }

  /** Adds a stream. It gets the next frame and later ones, but none that is already queued. */
  join(stream: Stream): void {
    this.members.push({ stream, next: this.end });
  }

  /** @param acceptedAt when the event was accepted, epoch milliseconds; absent for a control frame */
  push(text: string, acceptedAt?: number, delivery?: Delivery): void {
    this.frames.push({ text, acceptedAt, delivery });
    if (delivery) this.traced += 1;
  }

  /**
   * Writes to every member once and yields after each write, so the caller decides
   * when other work runs. At its turn a member gets all queued frames, including those
   * that arrived after the round began. So a frame waits at most from the member's turn
   * in one round to its turn in the next, however long a round takes.
   */
  *round(report: Report): Generator<void, void> {
    const { members, end } = this;
    let write: SharedWrite | undefined;
    for (const member of members) {
      // Skip streams that have ended and are not pruned yet.
      if (!member.stream.open || member.next >= this.end) continue;
      if (write?.from !== member.next || write.to !== this.end) {
        write?.tell(report);
        write = new SharedWrite(
          this.frames.slice(member.next - this.base),
          member.next,
          this.traced > 0,
        );
      }
      member.next = write.to;
      write.into(member.stream);
      yield;
    }
    write?.tell(report);
    // Every member has the frames that were queued when the round began.
    const done = this.frames.splice(0, end - this.base);
    if (this.traced > 0) this.endDeliveries(done);
    this.base = end;
  }

  private endDeliveries(done: readonly Frame[]): void {
    for (const { delivery } of done) {
      if (!delivery) continue;
      delivery.done();
      this.traced -= 1;
    }
  }

  /** Removes streams that have ended. A running round keeps the list it began with. */
  prune(): void {
    this.members = this.members.filter(({ stream }) => stream.open);
  }

  /** Number that the next pushed frame gets. */
  private get end(): number {
    return this.base + this.frames.length;
  }
}

/** The frames that several consecutive members lack, encoded once for all of them. */
class SharedWrite {
  readonly to: number;
  private readonly frames: Chunk;
  /** When each event among the frames was accepted, epoch milliseconds. */
  private readonly accepted: readonly number[];
  private readonly deliveries: readonly Delivery[];
  private sockets = 0;

  constructor(
    frames: readonly Frame[],
    readonly from: number,
    traced: boolean,
  ) {
    this.to = from + frames.length;
    this.frames = chunkOf(frames.map(({ text }) => text).join(''));
    this.deliveries = traced ? frames.flatMap(({ delivery }) => delivery ?? []) : [];
    this.accepted = frames.flatMap(({ acceptedAt }) => acceptedAt ?? []);
  }

  into(stream: Stream): void {
    stream.writeShared(this.frames);
    stream.delivered += this.accepted.length;
    this.sockets += 1;
  }

  tell(report: Report): void {
    for (const delivery of this.deliveries) delivery.wrote(this.sockets);
    const [oldest] = this.accepted;
    if (oldest !== undefined) report(this.accepted.length, this.sockets, oldest);
  }
}
