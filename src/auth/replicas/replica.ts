import type { Observable } from 'rxjs';
import { ProblemError } from '../../kernel/problem.js';

/** One entry of a table that every instance has a copy of. */
export interface Entry {
  /** When it was written, epoch milliseconds; grows with every change of the entry. */
  readonly at: number;
}

/** What a table holds. */
export interface EntryKind<E extends Entry> {
  /** As in a message; also the name of its list in a feed, and part of its key in Redis. */
  readonly name: string;
  /** What its entries are sealed for in Redis. */
  readonly context: string;
  keyOf(entry: E): string;
  /** One entry from a file, a store or a peer; `undefined` when it is not valid. */
  parse(value: unknown): E | undefined;
  /** Of two different entries of the same millisecond, whether the first one wins. */
  beats(entry: E, other: E): boolean;
}

/**
 * A small table of security decisions. Every instance and every gateway keeps a full copy
 * in memory, so a look-up costs nothing and works while the store is away.
 *
 * - **Delivery**: every instance has a change within a second. An instance that was cut
 *   off catches up when it is back.
 * - **Atomicity**: `update` reads, changes and writes one entry in one step. Of concurrent
 *   updates of an entry, on any instances, each sees the result of the one before.
 * - **Order**: the last write of an entry wins, on every instance.
 * - **Failure**: `update` rejects with the problem `token_store_unavailable`. The change
 *   may have taken effect if it is a `ChangeInDoubt`; the next `update` finds out first.
 */
export abstract class Replica<E extends Entry> {
  /** Entries that are new in this copy, whichever instance changed them. */
  abstract readonly updates: Observable<readonly E[]>;

  /** @throws ProblemError revocations_unknown where this copy is too old to be trusted */
  abstract requireKnown(): void;

  /** @throws ProblemError revocations_unknown */
  abstract get(key: string): E | undefined;

  abstract entries(): readonly E[];

  /**
   * @param change makes the new entry from the present one; `at` is its time. What it
   *   throws rejects the update, and nothing is written. It may run several times.
   * @throws ProblemError token_store_unavailable
   */
  abstract update(key: string, change: (current: E | undefined, at: number) => E): Promise<E>;
}

/** The change may be in effect, but not on every instance, or not for good. */
export class ChangeInDoubt extends ProblemError {
  constructor(detail: string, retryAfterSec: number, cause: unknown) {
    super('token_store_unavailable', detail, { retryAfterSec, cause });
  }
}

/**
 * The copy itself; the last write wins. Merging is commutative and idempotent, so copies
 * agree in whatever order, and however often, they learn of a change.
 */
export class ReplicaTable<E extends Entry> {
  private readonly byKey = new Map<string, E>();

  constructor(readonly kind: EntryKind<E>) {}

  get(key: string): E | undefined {
    return this.byKey.get(key);
  }

  get entries(): readonly E[] {
    return [...this.byKey.values()];
  }

  /** Takes over what is newer than what is known. Returns that part. */
  merge(entries: readonly E[]): readonly E[] {
    return entries.filter((entry) => {
      const key = this.kind.keyOf(entry);
      const isNews = this.isNewer(entry, this.byKey.get(key));
      if (isNews) this.byKey.set(key, entry);
      return isNews;
    });
  }

  /** Whether this table knows a newer entry than this one. */
  isBehind(entry: E | undefined, known: E): boolean {
    return this.isNewer(known, entry);
  }

  private isNewer(entry: E, known: E | undefined): boolean {
    if (entry === known) return false;
    if (!known || entry.at !== known.at) return entry.at > (known?.at ?? -1);
    return this.kind.beats(entry, known);
  }
}

/** A time for a change that is later than that of the present entry, also when this clock runs behind. */
export function timeAfter(current: Entry | undefined, now: number): number {
  return Math.max(now, (current?.at ?? 0) + 1);
}

/** Parses a list of entries, and leaves out those that are not valid. */
export function parseEntries<E extends Entry>(kind: EntryKind<E>, rows: unknown): E[] {
  return Array.isArray(rows) ? rows.flatMap((row: unknown) => kind.parse(row) ?? []) : [];
}
