import { Inject, Injectable } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { Clock } from '../../kernel/clock.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import type { LoggedEvent } from '../event.js';
import { EventMetrics } from '../event-metrics.js';
import { EventTracing, type Delivery } from '../event-tracing.js';
import { EventLog } from '../log/event-log.js';
import {
  comparePositions,
  justAfter,
  later,
  ORIGIN,
  positionTime,
  type Position,
} from '../position.js';
import { FilterGroup, type Report } from './filter-group.js';
import { FilterIndex } from './filter-index.js';
import { RecentEvents } from './recent-events.js';
import { RoundScheduler, type Rounds } from './round-scheduler.js';
import { eventFrame, gapFrame } from './sse-frame.js';
import type { Stream } from './stream.js';

/**
 * Fans the log's tail out to the streams of this instance. Each event is encoded once.
 * An index finds the groups of equal filters that it matches. When events are rare, a
 * frame is written at once. When events are frequent, the hub writes in rounds: each
 * socket gets all frames that have queued since its last turn in one write.
 */
@Injectable()
export class EventHub implements Rounds {
  private readonly groups = new Map<string, FilterGroup>();
  private readonly index = new FilterIndex<FilterGroup>();
  /** Groups in which some member still lacks a frame. */
  private readonly due = new Set<FilterGroup>();
  private readonly recent = new RecentEvents();
  private readonly scheduler: RoundScheduler;
  private readonly subscriptions: Subscription[] = [];
  private waiting: (() => void)[] = [];
  private newest: Position = ORIGIN;

  constructor(
    private readonly log: EventLog,
    private readonly metrics: EventMetrics,
    private readonly tracing: EventTracing,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.scheduler = new RoundScheduler(this, clock, logger);
  }

  /** Position of the newest event of the tail. */
  get position(): Position {
    return this.newest;
  }

  start(): void {
    this.subscriptions.push(
      this.log.tail.subscribe((events) => this.dispatch(events)),
      this.log.gaps.subscribe((through) => this.reportGap(through)),
    );
    this.newest = this.log.position;
    this.recent.begin(this.newest);
  }

  stop(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.scheduler.stop();
  }

  /**
   * Makes the stream live from `after` on, in one synchronous step: writes the recent
   * events that it has missed, and adds it to the group of its filter.
   * @returns false when `after` is older than the recent events, or when the missed
   *   events do not fit into the stream's buffer; the caller then replays from the
   *   log and tries again
   */
  attach(stream: Stream, after: Position): boolean {
    const { filter } = stream.info;
    const missed = this.recent.after(after)?.filter((event) => filter.matches(event));
    if (!missed) return false;
    if (missed.length > 0) {
      if (!stream.hasRoomFor(missed.reduce((sum, { json }) => sum + json.length, 0))) return false;
      stream.write(missed.map(eventFrame).join(''));
      this.metrics.replayed(missed.length);
    }
    let group = this.groups.get(filter.key);
    if (!group) {
      group = new FilterGroup(filter);
      this.groups.set(filter.key, group);
      this.index.add(group);
    }
    group.join(stream);
    return true;
  }

  /** Resolves when the tail has reached `position`. A read of the log may be ahead of the tail. */
  async reached(position: Position): Promise<void> {
    while (comparePositions(this.newest, position) < 0) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Removes streams that have ended, and groups without members. */
  prune(): void {
    for (const [key, group] of this.groups) {
      group.prune();
      if (group.size > 0 || group.pending) continue;
      this.groups.delete(key);
      this.index.delete(group);
    }
  }

  get pending(): boolean {
    return this.due.size > 0;
  }

  /** Writes to every socket that lacks frames; each step is one write. */
  *round(): Generator<void, void> {
    const served = new Set<FilterGroup>();
    for (const group of this.due) {
      // This round has already served the group; newer frames wait for the next round.
      if (served.has(group)) continue;
      served.add(group);
      yield* group.round(this.report);
      if (!group.pending) this.due.delete(group);
    }
  }

  private dispatch(events: readonly LoggedEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    for (const event of events) {
      let frame: string | undefined;
      let delivery: Delivery | undefined;
      this.index.forEachMatch(event, (group) => {
        if (group.size === 0) return;
        if (frame === undefined) {
          frame = eventFrame(event);
          delivery = this.tracing.deliver(event);
        }
        delivery?.queued();
        this.push(group, frame, positionTime(event.position), delivery);
      });
    }
    this.recent.add(events);
    this.advance(last.position);
  }

  /**
   * Events up to `through` may be missing. Sends every live stream a gap frame, in
   * order with its events. Streams still replaying cannot attach across the gap; their
   * replay reports it.
   */
  private reportGap(through: Position): void {
    const position = later(this.newest, through);
    this.recent.reset(position);
    const frame = gapFrame(justAfter(position));
    for (const group of this.groups.values()) {
      for (let member = 0; member < group.size; member += 1) this.metrics.gap();
      if (group.size > 0) this.push(group, frame);
    }
    this.advance(position);
  }

  private push(group: FilterGroup, frame: string, acceptedAt?: number, delivery?: Delivery): void {
    group.push(frame, acceptedAt, delivery);
    this.due.add(group);
  }

  private advance(position: Position): void {
    this.newest = position;
    for (const resolve of this.waiting.splice(0)) resolve();
    if (this.pending) this.scheduler.schedule();
  }

  private readonly report: Report = (frames, sockets, acceptedAt) =>
    this.metrics.delivered(frames, sockets, Math.max(0, this.clock.now() - acceptedAt) / 1000);
}
