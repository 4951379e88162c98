import { LRUCache } from 'lru-cache';
import { chunkOf, type Chunk } from '../../http/chunked.js';
import type { Clock } from '../../kernel/clock.js';
import type { KeyedSemaphore } from '../../kernel/semaphore.js';
import type { LoggedEvent } from '../event.js';
import type { Bounds, EventLog, ReadQuery } from '../log/event-log.js';
import { comparePositions, type Position } from '../position.js';
import { eventFrame, snapshotFrame } from './sse-frame.js';
import type { Stream } from './stream.js';

/** Most events of one page. */
export const REPLAY_PAGE = 200;
/** Bytes of frames in one write: few system calls, and frequent points to pause at. */
const WRITE_BYTES = 32 * 1024;
/** Most bytes of events in a snapshot; the oldest events are left out first. */
const SNAPSHOT_BYTES = 256 * 1024;
/** JSON characters of all pages and snapshots that are kept. */
const MOST_CHARS = 16 * 1024 * 1024;
/** Milliseconds that a page is kept: a storm of reconnects takes seconds. */
const KEPT_MS = 10_000;

/** Some events of a replay, in order, and their frames as buffers that many sockets can share. */
export interface SharedPage {
  /** Number of events. */
  readonly count: number;
  readonly frames: readonly Chunk[];
  /** The page covers everything up to this position, matching or not. */
  readonly through: Position;
  /** Whether more may follow. A full page never changes. */
  readonly full: boolean;
  /** Read after the events: shows what the log had trimmed by then. */
  readonly bounds: Bounds;
}

interface KeptPage extends SharedPage {
  readonly after: Position;
  readonly events: readonly LoggedEvent[];
}

interface Reading {
  readonly page: Promise<KeptPage>;
  readonly streams: Stream[];
}

/**
 * What many streams read of the log at their beginning. After a deployment all clients come
 * back at once and miss nearly the same events. Streams with equal filters share one read
 * and one set of encoded buffers, so time and memory grow with the events that were missed,
 * not with the clients. A client whose position lies inside a kept page gets the rest of
 * that page, and from then on the same pages as the others.
 */
export class SharedPages {
  private readonly pages: LRUCache<string, KeptPage>;
  /** Filter key → its pages, by the position that they follow. */
  private readonly byFilter = new Map<string, Map<Position, KeptPage>>();
  private readonly readings = new Map<string, Reading>();
  /** Filter key → the newest snapshot. */
  private readonly snapshots: LRUCache<string, { newest: Position; frame: string }>;

  constructor(
    private readonly log: EventLog,
    private readonly reads: KeyedSemaphore,
    private readonly snapshotEvents: number,
    clock: Pick<Clock, 'monotonic'>,
  ) {
    const perf = { now: () => clock.monotonic() };
    const bounds = { maxSize: MOST_CHARS, ttl: KEPT_MS, ttlResolution: 0, perf };
    this.pages = new LRUCache({
      ...bounds,
      sizeCalculation: charsOf,
      dispose: (page, key) => this.forget(page, key),
    });
    this.snapshots = new LRUCache({ ...bounds, sizeCalculation: ({ frame }) => frame.length });
  }

  /** Drops what has been kept long enough: by themselves the caches drop it when it is wanted. Called every second. */
  sweep(): void {
    this.pages.purgeStale();
    this.snapshots.purgeStale();
  }

  /** The first events after a position that the stream's filter matches, if they are in memory. */
  kept(stream: Stream, after: Position): SharedPage | undefined {
    const pages = this.byFilter.get(stream.info.filter.key);
    const exact = pages?.get(after);
    if (exact || !pages) return exact;
    for (const page of pages.values()) {
      const isInside =
        comparePositions(page.after, after) < 0 && comparePositions(after, page.through) < 0;
      if (isInside) return restOf(page, after);
    }
    return undefined;
  }

  /** The first events after a position that the stream's filter matches. */
  async after(stream: Stream, after: Position): Promise<SharedPage> {
    const kept = this.kept(stream, after);
    if (kept) return kept;
    const filterKey = stream.info.filter.key;
    const key = `${after} ${filterKey}`;
    const running = this.readings.get(key);
    if (running) {
      running.streams.push(stream);
      const page = await running.page;
      // Only a full page is the same for a reader that came later.
      if (page.full) return page;
      return this.read(stream, after, [stream]);
    }
    const streams = [stream];
    const page = this.read(stream, after, streams);
    this.readings.set(key, { page, streams });
    try {
      const done = await page;
      if (done.full) this.keep(key, filterKey, done);
      return done;
    } finally {
      this.readings.delete(key);
    }
  }

  /** The frame of the newest events, and the position up to which it covers the log. */
  async snapshot(stream: Stream): Promise<{ frame: string; newest: Position }> {
    // Read the bounds before the page: events appended in between are then replayed, not lost.
    const { newest } = await this.log.bounds();
    const { key } = stream.info.filter;
    const kept = this.snapshots.get(key);
    if (kept?.newest === newest) return kept;
    const page = await this.bounded(stream, [stream], {
      limit: this.snapshotEvents,
      take: 'newest',
    });
    const events = page.events.filter((event) => comparePositions(event.position, newest) <= 0);
    const snapshot = { newest, frame: snapshotFrame(newestWithin(events, SNAPSHOT_BYTES), newest) };
    // An abandoned read may have stopped early.
    if (stream.open) this.snapshots.set(key, snapshot);
    return snapshot;
  }

  private async read(stream: Stream, after: Position, streams: Stream[]): Promise<KeptPage> {
    const { events, through } = await this.bounded(stream, streams, { after, limit: REPLAY_PAGE });
    // The log may have trimmed the next events before or during the read.
    const bounds = await this.log.bounds();
    const full = events.length === REPLAY_PAGE;
    return { after, events, count: events.length, frames: framesOf(events), through, full, bounds };
  }

  /** Reads for some streams, within the limit of concurrent reads of the first one's principal. */
  private bounded(stream: Stream, streams: readonly Stream[], query: ReadQuery) {
    const { filter, access } = stream.info;
    const abandoned = () => !streams.some(({ open }) => open);
    return this.reads.run(access.principalId, () => this.log.read({ ...query, filter, abandoned }));
  }

  private keep(key: string, filterKey: string, page: KeptPage): void {
    this.pages.set(key, page);
    if (!this.pages.has(key)) return;
    const pages = this.byFilter.get(filterKey) ?? new Map<Position, KeptPage>();
    this.byFilter.set(filterKey, pages.set(page.after, page));
  }

  private forget(page: KeptPage, key: string): void {
    const filterKey = key.slice(page.after.length + 1);
    const pages = this.byFilter.get(filterKey);
    // A newer page may have taken its place.
    if (pages?.get(page.after) === page) pages.delete(page.after);
    if (pages?.size === 0) this.byFilter.delete(filterKey);
  }
}

function charsOf({ events }: KeptPage): number {
  return events.reduce((sum, { json }) => sum + json.length, 1);
}

function restOf(page: KeptPage, after: Position): SharedPage {
  const events = page.events.filter(({ position }) => comparePositions(position, after) > 0);
  return { ...page, count: events.length, frames: framesOf(events) };
}

function newestWithin(events: readonly LoggedEvent[], bytes: number): readonly LoggedEvent[] {
  let left = bytes;
  const first = events.findLastIndex((event) => {
    left -= event.json.length;
    return left < 0;
  });
  return events.slice(first + 1);
}

function framesOf(events: readonly LoggedEvent[]): Chunk[] {
  const chunks: Chunk[] = [];
  let frames = '';
  for (const event of events) {
    frames += eventFrame(event);
    if (frames.length < WRITE_BYTES) continue;
    chunks.push(chunkOf(frames));
    frames = '';
  }
  if (frames !== '') chunks.push(chunkOf(frames));
  return chunks;
}
