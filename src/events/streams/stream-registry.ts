import { ProblemError } from '../../kernel/problem.js';
import type { GoodbyeReason } from './sse-frame.js';
import type { Stream } from './stream.js';

/** Seconds between two heartbeats of one stream; below the idle limit of any proxy we know. */
export const HEARTBEAT_SEC = 15;

export interface StreamLimits {
  readonly total: number;
  readonly perPrincipal: number;
}

/**
 * The open streams of this instance: the one list that limits, metrics,
 * administration and shutdown all look at, so that they cannot disagree.
 */
export class StreamRegistry {
  private readonly streams = new Map<string, Stream>();
  private readonly perPrincipal = new Map<string, number>();
  private nextBeat = 0;
  private readonly beats: Set<Stream>[] = Array.from({ length: HEARTBEAT_SEC }, () => new Set());
  /** This instance is going: not ready any more. */
  leaving = false;
  /** No stream may be opened any more. */
  draining = false;
  /** When somebody last asked whether to send traffic here, monotonic milliseconds. */
  askedAt = -Infinity;
  /** Streams of a principal that other instances carry. */
  elsewhere: (principalId: string) => number = () => 0;

  constructor(private readonly limits: StreamLimits) {}

  /** @throws ProblemError draining, too_many_streams */
  admit(principalId: string): void {
    if (this.draining) {
      throw new ProblemError(
        'draining',
        'This instance is shutting down. Connect again; another one will answer.',
        { retryAfterSec: 1 },
      );
    }
    if (this.streams.size >= this.limits.total) {
      throw new ProblemError(
        'too_many_streams',
        `This instance carries ${this.limits.total} streams, the most it may. Try again later, or add an instance.`,
        { retryAfterSec: 5 },
      );
    }
    const open = (this.perPrincipal.get(principalId) ?? 0) + this.elsewhere(principalId);
    if (open >= this.limits.perPrincipal) {
      throw new ProblemError(
        'too_many_streams',
        `This principal has ${this.limits.perPrincipal} streams open, the most it may. Close some, or share one between tabs.`,
        { retryAfterSec: 5 },
      );
    }
  }

  /** Lists the stream until it ends. */
  add(stream: Stream): void {
    const { principalId } = stream.info.access;
    // The beat that comes last from now, so that the first heartbeat is a full interval away.
    const beat = this.beats[(this.nextBeat + HEARTBEAT_SEC - 1) % HEARTBEAT_SEC] as Set<Stream>;
    this.streams.set(stream.id, stream);
    this.perPrincipal.set(principalId, (this.perPrincipal.get(principalId) ?? 0) + 1);
    beat.add(stream);
    void stream.ended.then(() => {
      this.streams.delete(stream.id);
      beat.delete(stream);
      const left = (this.perPrincipal.get(principalId) ?? 1) - 1;
      if (left > 0) this.perPrincipal.set(principalId, left);
      else this.perPrincipal.delete(principalId);
    });
  }

  get(id: string): Stream | undefined {
    return this.streams.get(id);
  }

  get size(): number {
    return this.streams.size;
  }

  /** Open streams by principal. */
  get counts(): ReadonlyMap<string, number> {
    return this.perPrincipal;
  }

  all(): Stream[] {
    return [...this.streams.values()];
  }

  /** Ends every stream that matches; returns how many. */
  endWhere(matches: (stream: Stream) => boolean, reason: GoodbyeReason): number {
    const matching = this.all().filter(matches);
    for (const stream of matching) stream.goodbye(reason);
    return matching.length;
  }

  /** Streams whose heartbeat is due; called once a second, so that beats are spread. */
  due(): Iterable<Stream> {
    const beat = this.beats[this.nextBeat] as Set<Stream>;
    this.nextBeat = (this.nextBeat + 1) % HEARTBEAT_SEC;
    return beat;
  }
}
