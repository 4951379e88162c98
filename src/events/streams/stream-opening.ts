import type { EventHub } from './event-hub.js';
import type { Bounds, EventLog, Page, ReadQuery } from '../log/event-log.js';
import type { KeyedSemaphore } from '../../kernel/semaphore.js';
import type { LoggedEvent } from '../event.js';
import {
  comparePositions,
  justAfter,
  later,
  ORIGIN,
  parsePosition,
  type Position,
} from '../position.js';
import { controlFrame, eventFrame, gapFrame, retryField, snapshotFrame } from './sse-frame.js';
import type { EventMetrics } from '../event-metrics.js';
import type { StreamRequest } from './stream-request.js';
import type { Stream } from './stream.js';

/** Native EventSource reconnects after this, spread, so that a restart is no stampede. */
const RETRY_MS = [1000, 3000] as const;
const REPLAY_PAGE = 200;
const WRITE_BYTES = 32 * 1024;
/** Bytes of events in a snapshot; the newest ones win. */
const SNAPSHOT_BYTES = 256 * 1024;

/**
 * The beginning of a stream, up to the point at which it is live: a snapshot, or
 * what the client missed, with `retry:` in the first block. Nothing is held back in memory
 * meanwhile: the replay follows the log until what is missing is at hand in the
 * hub, which hands over in one synchronous step. So no event is lost between
 * history and present, and none comes twice.
 */
export class StreamOpening {
  constructor(
    private readonly log: EventLog,
    private readonly reads: KeyedSemaphore,
    private readonly hub: EventHub,
    private readonly metrics: EventMetrics,
    private readonly snapshotEvents: number,
  ) {}

  async run(stream: Stream, wish: StreamRequest): Promise<void> {
    stream.begin(retryField(RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0])));
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
    // Read before the page: what is appended in between is then replayed, not lost.
    const { newest } = await this.log.bounds();
    const page = await this.read(stream, {
      before: undefined,
      limit: this.snapshotEvents,
      take: 'newest',
    });
    const events = page.events.filter((event) => comparePositions(event.position, newest) <= 0);
    stream.write(snapshotFrame(newestWithin(events, SNAPSHOT_BYTES), newest));
    return newest;
  }

  /** Replays what is left of what the client missed. */
  private async recover(stream: Stream, lastEventId: string): Promise<Position> {
    const last = parsePosition(lastEventId);
    const bounds = await this.log.bounds(last);
    const { trimmedThrough, newest } = bounds;
    const known =
      last !== undefined &&
      comparePositions(last, trimmedThrough) >= 0 &&
      comparePositions(last, newest) <= 0;
    if (!known) this.gap(stream, bounds);
    // A position beyond the end, or none at all, says nothing about what was seen.
    const from = last !== undefined && comparePositions(last, newest) <= 0 ? last : newest;
    const { cursor, count, lost } = await this.replay(stream, from, newest, trimmedThrough);
    if (known && !lost) stream.write(controlFrame('recovered', { count, latest: cursor }));
    return cursor;
  }

  /** @param told events up to there are missing, and the client has received a gap for them */
  private async replay(
    stream: Stream,
    from: Position,
    to: Position,
    told: Position = ORIGIN,
  ): Promise<{ cursor: Position; count: number; lost: boolean }> {
    let cursor = from;
    let count = 0;
    let lost = false;
    let trimmedThrough = told;
    while (stream.open && comparePositions(cursor, to) < 0) {
      const page = await this.read(stream, { after: cursor, limit: REPLAY_PAGE });
      // The log may have trimmed the next events while the client was reading.
      const bounds = await this.log.bounds();
      if (comparePositions(bounds.trimmedThrough, later(cursor, trimmedThrough)) > 0) {
        this.gap(stream, bounds);
        lost = true;
        trimmedThrough = bounds.trimmedThrough;
      }
      for (const frames of chunks(page.events)) {
        await stream.writable();
        stream.write(frames);
      }
      count += page.events.length;
      this.metrics.replayed(page.events.length);
      // Some events up to there may be left. The read found none of them, so none will come.
      const isLast = page.events.length < REPLAY_PAGE;
      const reached = isLast ? later(page.through, trimmedThrough) : page.through;
      if (comparePositions(reached, cursor) <= 0) break;
      cursor = reached;
    }
    return { cursor, count, lost };
  }

  /** One page for the stream, when it is its principal's turn. */
  private read(stream: Stream, query: ReadQuery): Promise<Page> {
    const { filter, access } = stream.info;
    return this.reads.run(access.principalId, () =>
      this.log.read({ ...query, filter, abandoned: () => !stream.open }),
    );
  }

  private gap(stream: Stream, { trimmedThrough, oldest }: Bounds): void {
    // Events are missing between an oldest event up to there and the next one.
    const whole = oldest === undefined || comparePositions(oldest, trimmedThrough) > 0;
    stream.write(gapFrame(whole ? oldest : justAfter(trimmedThrough)));
    this.metrics.gap();
  }

  private async goLive(stream: Stream, from: Position): Promise<void> {
    let cursor = from;
    while (stream.open) {
      await this.hub.reached(cursor);
      if (!stream.open || this.hub.attach(stream, cursor)) return;
      const { position } = this.hub;
      const replayed = await this.replay(stream, cursor, position);
      // The hub had come this far, so the log has shown all of it that is still there.
      cursor = later(replayed.cursor, position);
    }
  }
}

function newestWithin(events: readonly LoggedEvent[], bytes: number): readonly LoggedEvent[] {
  let left = bytes;
  const first = events.findLastIndex((event) => {
    left -= event.json.length;
    return left < 0;
  });
  return events.slice(first + 1);
}

/** The frames in writes of about 32 KiB: few system calls, and a pause is never far. */
function* chunks(events: readonly LoggedEvent[]): Generator<string> {
  let frames = '';
  for (const event of events) {
    frames += eventFrame(event);
    if (frames.length >= WRITE_BYTES) {
      yield frames;
      frames = '';
    }
  }
  if (frames !== '') yield frames;
}
