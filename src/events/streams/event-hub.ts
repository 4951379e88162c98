import type { Subscription } from 'rxjs';
import type { Clock } from '../../kernel/clock.js';
import type { Logger } from '../../kernel/logger.js';
import type { EventLog } from '../log/event-log.js';
import { FilterGroup, type Report } from './filter-group.js';
import type { LoggedEvent } from '../event.js';
import {
  comparePositions,
  justAfter,
  later,
  ORIGIN,
  positionTime,
  type Position,
} from '../position.js';
import { eventFrame, gapFrame } from './sse-frame.js';
import type { StreamMetrics } from './stream-metrics.js';
import type { Stream } from './stream.js';

/** Under load, a socket is written to once in this many milliseconds. */
const PERIOD_MS = 13;
/** The share of the event loop's time that writing may take; where it takes more, rounds get rarer. */
const WRITING_SHARE = 0.5;
/** How many sockets are written to before the clock is looked at. */
const SLICE = 32;
/** Milliseconds of writing after which other work gets its turn. */
const SLICE_MS = 1;
/** Events kept at hand so that a replay can hand over without a hole; at most twice as many. */
const RECENT_EVENTS = 4096;
/** JSON characters of them, at most twice as many. */
const RECENT_CHARS = 4 * 1024 * 1024;

/**
 * Fans the log's tail out to the streams of this instance. Events are encoded
 * once and matched once for each group of equal filters. When it is quiet a
 * frame leaves at once. When it is busy, the sockets are written to in rounds, a
 * few milliseconds apart: each gets what has gathered since its last turn.
 */
export class EventHub {
  private readonly groups = new Map<string, FilterGroup>();
  private recent: LoggedEvent[] = [];
  private recentChars = 0;
  /** Everything after this and up to `position` is in `recent`. */
  private recentAfter: Position = ORIGIN;
  private readonly subscriptions: Subscription[] = [];
  private waiting: (() => void)[] = [];
  private running = false;
  private timer: NodeJS.Timeout | undefined;
  /** When the last round began, on the monotonic clock. */
  private roundAt = -Infinity;
  /** From the beginning of one round to that of the next, milliseconds. */
  private period = PERIOD_MS;
  position: Position = ORIGIN;

  constructor(
    private readonly log: EventLog,
    private readonly metrics: StreamMetrics,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    // Subscribed first: what is appended while the bounds are read is not missed.
    this.subscriptions.push(
      this.log.tail.subscribe((events) => this.dispatch(events)),
      this.log.gaps.subscribe((through) => this.tellGap(through)),
    );
    const { newest } = await this.log.bounds();
    const first = this.recent.shift();
    this.recentChars -= first?.json.length ?? 0;
    if (!first) this.position = newest;
    this.recentAfter = first?.position ?? newest;
  }

  stop(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    clearTimeout(this.timer);
  }

  /**
   * Makes the stream live from `after` on, in one synchronous step: what it has
   * missed since is written, and the next event finds it among the members.
   * @returns false when `after` is older than what is at hand, or more is missing
   *   than the client can be given at once; the caller then replays from the log
   *   and tries again
   */
  attach(stream: Stream, after: Position): boolean {
    if (comparePositions(after, this.recentAfter) < 0) return false;
    const { filter } = stream.info;
    const missed = this.recent
      .slice(this.firstAfter(after))
      .filter((event) => filter.matches(event));
    if (missed.length > 0) {
      if (!stream.hasRoomFor(missed.reduce((sum, { json }) => sum + json.length, 0))) return false;
      stream.write(missed.map(eventFrame).join(''));
      this.metrics.replayed(missed.length);
    }
    let group = this.groups.get(filter.key);
    if (!group) {
      group = new FilterGroup(filter);
      this.groups.set(filter.key, group);
    }
    group.join(stream);
    return true;
  }

  /** Resolves when the tail has come to `position`, which a read may run ahead of. */
  async reached(position: Position): Promise<void> {
    while (comparePositions(this.position, position) < 0) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Lets go of streams that have ended, and of groups that have nobody left. */
  prune(): void {
    for (const [key, group] of this.groups) {
      group.prune();
      if (group.size === 0 && !group.pending) this.groups.delete(key);
    }
  }

  private dispatch(events: readonly LoggedEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    for (const event of events) {
      let frame: string | undefined;
      for (const group of this.groups.values()) {
        if (group.size === 0 || !group.filter.matches(event)) continue;
        frame ??= eventFrame(event);
        group.push(frame, positionTime(event.position));
      }
    }
    this.remember(events);
    this.position = last.position;
    for (const resolve of this.waiting.splice(0)) resolve();
    this.schedule();
  }

  /**
   * Events up to `through` may be missing: every stream is told so, in its place
   * among the events. Who is not live yet finds nothing at hand that bridges the
   * hole, asks the log, and is told by its replay.
   */
  private tellGap(through: Position): void {
    this.position = later(this.position, through);
    this.recent = [];
    this.recentChars = 0;
    this.recentAfter = this.position;
    const frame = gapFrame(justAfter(this.position));
    for (const group of this.groups.values()) {
      for (let told = 0; told < group.size; told += 1) this.metrics.gap();
      if (group.size > 0) group.push(frame);
    }
    for (const resolve of this.waiting.splice(0)) resolve();
    this.schedule();
  }

  private remember(events: readonly LoggedEvent[]): void {
    this.recent.push(...events);
    for (const { json } of events) this.recentChars += json.length;
    if (this.recent.length <= 2 * RECENT_EVENTS && this.recentChars <= 2 * RECENT_CHARS) return;
    let dropped = 0;
    while (this.recent.length - dropped > RECENT_EVENTS || this.recentChars > RECENT_CHARS) {
      const event = this.recent[dropped] as LoggedEvent;
      this.recentChars -= event.json.length;
      this.recentAfter = event.position;
      dropped += 1;
    }
    this.recent = this.recent.slice(dropped);
  }

  /** Index of the first recent event after `position`. */
  private firstAfter(position: Position): number {
    let low = 0;
    let high = this.recent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = (this.recent[middle] as LoggedEvent).position;
      if (comparePositions(at, position) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private schedule(): void {
    if (this.running || this.timer) return;
    const wait = this.roundAt + this.period - this.clock.monotonic();
    if (wait <= 0) void this.round();
    else this.timer = setTimeout(() => void this.round(), wait);
  }

  /** Gives every socket its turn, and other work too: issuing and health stay fast. */
  private async round(): Promise<void> {
    this.timer = undefined;
    this.running = true;
    this.roundAt = this.clock.monotonic();
    let sliceAt = this.roundAt;
    let turns = 0;
    let writing = 0;
    try {
      for (const group of this.groups.values()) {
        const round = group.round(this.report);
        while (!round.next().done) {
          turns += 1;
          if (turns % SLICE !== 0) continue;
          const spent = this.clock.monotonic() - sliceAt;
          if (spent < SLICE_MS) continue;
          writing += spent;
          await new Promise(setImmediate);
          sliceAt = this.clock.monotonic();
        }
      }
    } catch (err) {
      this.logger.error({ err }, 'the fan-out met an error; it goes on with the next events');
    } finally {
      writing += this.clock.monotonic() - sliceAt;
      this.period = Math.max(PERIOD_MS, writing / WRITING_SHARE);
      this.running = false;
    }
    if ([...this.groups.values()].some((group) => group.pending)) this.schedule();
  }

  private readonly report: Report = (frames, sockets, acceptedAt) =>
    this.metrics.delivered(frames, sockets, Math.max(0, this.clock.now() - acceptedAt) / 1000);
}
