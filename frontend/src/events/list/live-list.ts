import {
  comparePositions,
  type OperatorEvent,
  type Position,
  type Severity,
} from '@vx11/events-client';
import { acceptedAt, type Entry } from '../entry.js';

export type Counts = Readonly<Record<Severity, number>>;

const NONE: Counts = { info: 0, warn: 0, error: 0, critical: 0 };

/** Two lists in order and of the newest entries: all, and those that match. */
interface Lists {
  readonly all: readonly Entry[];
  readonly matching: readonly Entry[];
}

/**
 * The part of an endless stream that the operator sees: at most `limit` matching
 * entries, oldest first. While the list is held, nothing on screen changes and new
 * events are counted. The newest `limit` events of any kind are kept as well, so
 * that a new filter has events to choose from.
 */
export class LiveList {
  private live: Lists = { all: [], matching: [] };
  private held: Lists | undefined;
  private matches: (event: OperatorEvent) => boolean = () => true;

  /** Events that came while the list was held, by severity. */
  waiting: Counts = NONE;
  /** Matching events that the stream brought: those in the list, and those that were dropped. */
  total = 0;
  /** Matching entries that the limit dropped since the filter was set. */
  dropped = 0;

  constructor(readonly limit: number) {}

  /** Oldest first. The array is never changed, only replaced. */
  get shown(): readonly Entry[] {
    return (this.held ?? this.live).matching;
  }

  /** Number of events that the filter was applied to. */
  get looked(): number {
    return (this.held ?? this.live).all.length;
  }

  /** All events in memory. */
  events(): OperatorEvent[] {
    return this.live.all.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []));
  }

  /** Matching entries that arrived while the list is held; they are not shown. */
  get heldBack(): readonly Entry[] {
    const newest = this.held?.matching.at(-1);
    if (!this.held) return [];
    const { matching } = this.live;
    return newest ? matching.slice(matching.lastIndexOf(newest) + 1) : matching;
  }

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** Adds entries that are newer than all others. */
  push(entries: readonly Entry[]): void {
    const matching = entries.filter((entry) => this.admits(entry));
    this.dropped += Math.max(0, this.live.matching.length + matching.length - this.limit);
    this.live = {
      all: last(this.limit, this.live.all, entries),
      matching: last(this.limit, this.live.matching, matching),
    };
    this.count(matching);
  }

  /** Every matching event that is newer than this is shown, unless the limit dropped it. */
  get completeSince(): Position | undefined {
    const { all, matching } = this.held ?? this.live;
    const [a, b] = [all, matching].map((list) => list.find(({ kind }) => kind === 'event')?.key);
    return a !== undefined && b !== undefined && comparePositions(a, b) > 0 ? b : a;
  }

  /** Adds a page of the past, as far as there is room. @returns whether there was room for all */
  pushOlder(entries: readonly Entry[]): boolean {
    const shown = this.held ?? this.live;
    const known = new Set(shown.matching.map(({ key }) => key));
    const older = entries.filter((entry) => !known.has(entry.key) && this.admits(entry));
    const all = [...older, ...shown.matching];
    const matching = all.slice(-this.limit);
    if (this.held) this.held = { ...this.held, matching };
    else this.live = { ...this.live, matching };
    return matching.length === all.length;
  }

  /**
   * Takes away what is older than a moment, epoch milliseconds, unless the list is held.
   * @returns whether something was
   */
  expire(before: number): boolean {
    if (this.held) return false;
    const { matching } = this.live;
    const rest = matching.filter(
      (entry) => (entry.kind === 'event' ? acceptedAt(entry.key) : entry.at) >= before,
    );
    if (rest.length === matching.length) return false;
    const events = (of: readonly Entry[]) => of.filter(({ kind }) => kind === 'event').length;
    this.total = Math.max(0, this.total - events(matching) + events(rest));
    this.live = { ...this.live, matching: rest };
    return true;
  }

  hold(): void {
    if (this.held) return;
    this.held = this.live;
    this.waiting = NONE;
  }

  release(): void {
    this.held = undefined;
    this.waiting = NONE;
  }

  /** Filters all entries again. A held list stays held, at the same moment. */
  filter(matches: (event: OperatorEvent) => boolean): void {
    this.matches = matches;
    this.dropped = 0;
    this.live = this.refiltered(this.live);
    if (this.held) {
      this.held = this.refiltered(this.held);
      const newest = this.held.all.at(-1);
      const since = newest ? this.live.all.lastIndexOf(newest) + 1 : 0;
      this.waiting = NONE;
      this.total = this.held.matching.length;
      this.count(this.live.all.slice(since).filter((entry) => this.admits(entry)));
    } else {
      this.total = this.live.matching.filter(({ kind }) => kind === 'event').length;
    }
  }

  clear(): void {
    this.live = { all: [], matching: [] };
    this.held = undefined;
    this.waiting = NONE;
    this.total = 0;
    this.dropped = 0;
  }

  private admits(entry: Entry): boolean {
    return entry.kind !== 'event' || this.matches(entry.event);
  }

  private count(entries: readonly Entry[]): void {
    const counts: Record<Severity, number> = { ...this.waiting };
    for (const entry of entries) {
      if (entry.kind !== 'event') continue;
      this.total += 1;
      if (this.held) counts[entry.event.severity] += 1;
    }
    this.waiting = counts;
  }

  /**
   * Only from `all`, which is complete: older entries were chosen by the old filter,
   * and others between them that match the new one would be missing.
   */
  private refiltered({ all }: Lists): Lists {
    return { all, matching: all.filter((entry) => this.admits(entry)) };
  }
}

function last(limit: number, before: readonly Entry[], more: readonly Entry[]): readonly Entry[] {
  if (more.length === 0) return before;
  if (more.length >= limit) return more.slice(-limit);
  return before.slice(Math.max(0, before.length + more.length - limit)).concat(more);
}
