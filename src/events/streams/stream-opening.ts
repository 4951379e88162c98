import type { EventHub } from './event-hub.js';
import type { Bounds, EventLog } from '../log/event-log.js';
import { isBehindGap, wholeFrom } from '../log/gap.js';
import type { Clock } from '../../kernel/clock.js';
import type { KeyedSemaphore } from '../../kernel/semaphore.js';
import { comparePositions, later, ORIGIN, parsePosition, type Position } from '../position.js';
import { controlFrame, gapFrame, retryField } from './sse-frame.js';
import type { EventMetrics } from '../event-metrics.js';
import { ReplayTurns } from './replay-turns.js';
import { SharedPages, type SharedPage } from './shared-pages.js';
import type { StreamRequest } from './stream-request.js';
import type { Stream } from './stream.js';

/** Range of the delay after which a native EventSource reconnects, random so that clients do not all return at once. */
const RETRY_MS = [500, 1500] as const;

/** How far a replay has come, and whether the log had trimmed some of its events. */
interface Replayed {
  readonly cursor: Position;
  readonly count: number;
  readonly lost: boolean;
}

/**
 * The beginning of a stream, until it is live: a snapshot, or the events that the
 * client missed, with `retry:` in the first block. Live events are not buffered
 * meanwhile: the replay reads the log until the hub's recent events cover the rest.
 * The hub then writes the rest and attaches the stream in one synchronous step. So no
 * event is lost or sent twice between replay and live. Streams that begin alike share
 * their reads and buffers (`SharedPages`), and replays write one after the other
 * (`ReplayTurns`).
 */
export class StreamOpening {
  private readonly pages: SharedPages;
  private readonly turns: ReplayTurns;

  constructor(
    private readonly log: EventLog,
    reads: KeyedSemaphore,
    private readonly hub: EventHub,
    private readonly metrics: EventMetrics,
    snapshotEvents: number,
    clock: Pick<Clock, 'monotonic'>,
  ) {
    this.turns = new ReplayTurns(clock);
    this.pages = new SharedPages(log, reads, snapshotEvents, clock);
  }

  /** Drops what no stream needs any more; called every second. */
  sweep(): void {
    this.pages.sweep();
  }

  /** @param begun is called when the first frame is written */
  async run(stream: Stream, wish: StreamRequest, begun: () => void): Promise<void> {
    const retryMs = RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0]);
    stream.begin(retryField(retryMs), begun);
    const cursor =
      wish.lastEventId === undefined
        ? await this.snapshot(stream)
        : await this.recover(stream, wish.lastEventId);
    if (!wish.follow) {
      stream.finish('complete');
      return;
    }
    await this.goLive(stream, cursor);
  }

  private async snapshot(stream: Stream): Promise<Position> {
    const { frame, newest } = await this.pages.snapshot(stream);
    stream.write(frame);
    return newest;
  }

  /** Replays those missed events that the log still has. */
  private async recover(stream: Stream, lastEventId: string): Promise<Position> {
    const last = parsePosition(lastEventId);
    const bounds = await this.log.bounds(last);
    const { trimmedThrough, newest } = bounds;
    const known = last !== undefined && !isBehindGap(last, bounds);
    if (!known) this.gap(stream, bounds);
    // An invalid position, or one beyond the end of the log, does not show what the client has seen.
    const from = last !== undefined && comparePositions(last, newest) <= 0 ? last : newest;
    const { cursor, count, lost } = await this.replay(stream, from, newest, trimmedThrough);
    if (known && !lost) stream.write(controlFrame('recovered', { count, latest: cursor }));
    return cursor;
  }

  /** @param told trimmed events up to this position need no further gap frame */
  private replay(
    stream: Stream,
    from: Position,
    to: Position,
    told: Position = ORIGIN,
  ): Promise<Replayed> {
    return this.turns.run(() => this.replayInTurn(stream, from, to, told));
  }

  private async replayInTurn(
    stream: Stream,
    from: Position,
    to: Position,
    told: Position,
  ): Promise<Replayed> {
    let cursor = from;
    let count = 0;
    let lost = false;
    let trimmedThrough = told;
    while (stream.open && comparePositions(cursor, to) < 0) {
      const page = await this.pageAfter(stream, cursor);
      // The log may have trimmed the next events while the client was reading.
      const { bounds } = page;
      if (comparePositions(bounds.trimmedThrough, later(cursor, trimmedThrough)) > 0) {
        this.gap(stream, bounds);
        lost = true;
        trimmedThrough = bounds.trimmedThrough;
      }
      await this.writePage(stream, page);
      count += page.count;
      this.metrics.replayed(page.count);
      // The last page leaves nothing to read up to `trimmedThrough`, so the cursor may skip to it.
      const reached = page.full ? page.through : later(page.through, trimmedThrough);
      if (comparePositions(reached, cursor) <= 0) break;
      cursor = reached;
    }
    return { cursor, count, lost };
  }

  /** Reads the log without keeping the turn. */
  private async pageAfter(stream: Stream, cursor: Position): Promise<SharedPage> {
    const kept = this.pages.kept(stream, cursor);
    return kept ?? (await this.turns.leave(() => this.pages.after(stream, cursor)));
  }

  private async writePage(stream: Stream, { frames }: SharedPage): Promise<void> {
    for (const some of frames) {
      if (stream.congested) await this.turns.leave(() => stream.writable());
      stream.writeShared(some);
      if (this.turns.spent) await this.turns.yield();
    }
  }

  private gap(stream: Stream, bounds: Bounds): void {
    stream.write(gapFrame(wholeFrom(bounds)));
    this.metrics.gap();
  }

  private async goLive(stream: Stream, from: Position): Promise<void> {
    let cursor = from;
    while (stream.open) {
      await this.hub.reached(cursor);
      if (!stream.open || this.hub.attach(stream, cursor)) return;
      const { position } = this.hub;
      const replayed = await this.replay(stream, cursor, position);
      // The hub had reached `position`, so the replay has read all events up to it that the log still has.
      cursor = later(replayed.cursor, position);
    }
  }
}
