import { Injectable } from '@nestjs/common';
import type { Socket } from 'node:net';
import { clientOf } from '../../kernel/network.js';
import type { EventFilter } from '../../kernel/event-filter.js';
import type { GoodbyeReason } from '../end-reason.js';
import { FilterTally } from './filter-tally.js';
import { StreamCounts } from './stream-counts.js';
import type { Stream } from './stream.js';

/** Seconds between two heartbeats of one stream; shorter than the idle timeout of any proxy we know. */
export const HEARTBEAT_SEC = 15;

/**
 * Number of ends that are remembered for streams that are still opening. Opening takes
 * milliseconds, of a slow store a second.
 */
const KEPT_ENDS = 1024;

/** Ends the streams that match. */
interface End {
  readonly matches: (stream: Stream) => boolean;
  readonly reason: GoodbyeReason;
}

/**
 * The open streams of this instance. Limits, metrics, administration and shutdown all
 * read this one list, so that they cannot disagree.
 */
@Injectable()
export class StreamRegistry extends StreamCounts {
  private readonly streams = new Map<string, Stream>();
  private readonly perPrincipal = new Map<string, number>();
  private readonly perAddress = new Map<string, number>();
  private readonly filters = new FilterTally();
  private readonly perCredential = { ephemeral: 0, principal: 0 };
  private readonly ends: End[] = [];
  private endCount = 0;
  private nextBeat = 0;
  private readonly beats: Set<Stream>[] = Array.from({ length: HEARTBEAT_SEC }, () => new Set());

  /** Adds a stream, and removes it when it ends. */
  add(stream: Stream): void {
    const { principalId, credential } = stream.info.access;
    const { filter } = stream.info;
    const client = clientOf(stream.info.address);
    // Use the slot that was served last, so that the first heartbeat is a full interval away.
    const beat = this.beats[(this.nextBeat + HEARTBEAT_SEC - 1) % HEARTBEAT_SEC] as Set<Stream>;
    this.streams.set(stream.id, stream);
    this.perPrincipal.set(principalId, this.countOf(principalId) + 1);
    this.perAddress.set(client, this.countFrom(client) + 1);
    this.filters.add(principalId, filter);
    this.perCredential[credential] += 1;
    beat.add(stream);
    stream.onEnd(this.remove);
  }

  /** One function for all streams, so that an open one needs none of its own. */
  private readonly remove = (stream: Stream): void => {
    const { principalId, credential } = stream.info.access;
    const client = clientOf(stream.info.address);
    this.streams.delete(stream.id);
    for (const beat of this.beats) beat.delete(stream);
    this.filters.remove(principalId, stream.info.filter);
    this.perCredential[credential] -= 1;
    const others = this.countFrom(client) - 1;
    if (others > 0) this.perAddress.set(client, others);
    else this.perAddress.delete(client);
    const left = this.countOf(principalId) - 1;
    if (left > 0) this.perPrincipal.set(principalId, left);
    else this.perPrincipal.delete(principalId);
  };

  get(id: string): Stream | undefined {
    return this.streams.get(id);
  }

  get size(): number {
    return this.streams.size;
  }

  get byCredential(): Readonly<Record<'ephemeral' | 'principal', number>> {
    return this.perCredential;
  }

  /** Open streams by principal. */
  get counts(): ReadonlyMap<string, number> {
    return this.perPrincipal;
  }

  countOf(principalId: string): number {
    return this.perPrincipal.get(principalId) ?? 0;
  }

  /** Open streams by client: an address, of IPv6 its /64. */
  get countsFrom(): ReadonlyMap<string, number> {
    return this.perAddress;
  }

  /** @param client as `clientOf` gives it */
  countFrom(client: string): number {
    return this.perAddress.get(client) ?? 0;
  }

  /** Number of values in the different filters of a principal's streams, if one with `filter` opened as well. */
  filterValuesWith(principalId: string, filter: EventFilter): number {
    return this.filters.valuesWith(principalId, filter);
  }

  all(): Stream[] {
    return [...this.streams.values()];
  }

  /** The connections of the open streams. */
  *sockets(): Iterable<Socket> {
    for (const { socket } of this.streams.values()) if (socket) yield socket;
  }

  /** How often streams were ended by what they match so far. */
  get moment(): number {
    return this.endCount;
  }

  /** Ends every stream that matches, and those that are just opening; returns how many are open. */
  endWhere(matches: (stream: Stream) => boolean, reason: GoodbyeReason): number {
    this.ends[this.endCount % KEPT_ENDS] = { matches, reason };
    this.endCount += 1;
    const matching = this.all().filter(matches);
    for (const stream of matching) stream.goodbye(reason);
    return matching.length;
  }

  /**
   * Ends a stream that was added just now, by what ended others while it was opening.
   * @param since the moment before its credential was checked
   */
  catchUp(stream: Stream, since: number): void {
    // What ended is not known any more: its client comes back with a new token.
    if (this.endCount - since > KEPT_ENDS) stream.goodbye('expired');
    for (let n = since; n < this.endCount && stream.open; n += 1) {
      const { matches, reason } = this.ends[n % KEPT_ENDS] as End;
      if (matches(stream)) stream.goodbye(reason);
    }
  }

  /** Returns the streams whose heartbeat is due. Call it once a second: each call takes the next of 15 slots. */
  due(): Iterable<Stream> {
    const beat = this.beats[this.nextBeat] as Set<Stream>;
    this.nextBeat = (this.nextBeat + 1) % HEARTBEAT_SEC;
    return beat;
  }
}
