import type { Action } from './actions.js';
import type { ChainedEntry, Draft, Head, StoredEntry } from './chain.js';
import type { Sum } from './bursts.js';

/** What one write adds. */
export interface Batch {
  /** Entries of this writer's chain, in order, each linked to the one before. */
  readonly entries: readonly StoredEntry[];
  /** Sums that have grown: replace what is stored under their keys. */
  readonly sums: readonly Sum[];
  /** Keys of sums that the entries of this batch contain now. */
  readonly finished: readonly string[];
  /** The chain of a writer that has gone, whose sums the entries of this batch contain. */
  readonly adopts?: string | undefined;
}

/** A chain whose writer has gone. */
export interface Leftover {
  readonly head: Head;
  readonly sums: readonly Draft[];
}

export interface Opened {
  readonly head: Head;
  /** Sums that this writer left behind when its process was killed. */
  readonly sums: readonly Sum[];
}

export interface AuditQuery {
  /** Epoch milliseconds, inclusive. */
  readonly since?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly until?: number | undefined;
  readonly actions?: readonly Action[] | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly address?: string | undefined;
  readonly result?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Only entries whose actor, subject or owner is one of these principals. */
  readonly principals?: ReadonlySet<string> | undefined;
}

/** An entry as its store has it. */
export interface AuditLine extends Omit<StoredEntry, 'entry'> {
  /** Opaque; grows with every entry. */
  readonly position: string;
}

export interface AuditRecord extends AuditLine {
  readonly entry: ChainedEntry;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where the next page begins; `undefined` at the end. A page may be empty and not the last. */
  readonly next: string | undefined;
}

export interface AuditScan {
  readonly lines: readonly AuditLine[];
  /** Where the next part begins; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Most entries of one removal, so that it does not stop the event loop or Redis. */
export const MOST_TRIMMED = 5_000;

/** What was removed from the beginning of the store. */
export interface Trimmed {
  readonly count: number;
  /** Position of the last removed entry. */
  readonly position: string;
  /** The last removed entry of each chain. */
  readonly through: readonly Head[];
}

/** The store failed; the batch may or may not be stored. */
export class AuditStoreUnavailable extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'AuditStoreUnavailable';
  }
}

/** The store has less of the chain than this writer wrote, or another writer's entries. */
export class ChainBehind extends Error {
  constructor(
    /** Number of the last entry that is stored. */
    readonly seq: number,
  ) {
    super(`the store has entries up to ${seq} only`);
    this.name = 'ChainBehind';
  }
}

/**
 * Another writer has taken over a chain: this writer's own, or the one that it wanted to adopt.
 * Its own is also taken when the store has another entry in the place of one of the batch.
 */
export class ChainTaken extends Error {
  constructor(readonly isOwn: boolean) {
    super('another writer has taken the chain over');
    this.name = 'ChainTaken';
  }
}

/**
 * Where entries are kept. Entries are only added; `trim` alone removes some, the oldest
 * first.
 *
 * - **Order**: the entries of one chain have the order in which they were appended.
 * - **Atomicity**: a batch is stored as a whole or not at all, and once, also when it is
 *   repeated. An entry is taken for stored only when the one in its place has its hash.
 * - **Durability**: what `append` has resolved for survives a kill of this process.
 * - **Failure**: every method rejects with `AuditStoreUnavailable`; `append` with
 *   `ChainBehind` when the batch does not follow what is stored, and with `ChainTaken`.
 */
export abstract class AuditStore {
  /** Begins this writer's chain, or goes on with it. */
  abstract open(): Promise<Opened>;

  abstract append(batch: Batch): Promise<void>;

  /**
   * The newest entry of all chains, for a start. Waits for a store that other processes
   * run and that does not answer yet.
   */
  abstract newest(): Promise<AuditRecord | undefined>;

  /** Newest first. @param before a position; absent: from the newest */
  abstract list(query: AuditQuery, before: string | undefined, limit: number): Promise<AuditPage>;

  /** Every entry, oldest first. @param after a position; absent: from the oldest */
  abstract scan(after: string | undefined, limit: number): Promise<AuditScan>;

  /** Chains of writers that have gone. */
  abstract leftovers(): Promise<readonly Leftover[]>;

  /** How many entries `trim` would remove, MOST_TRIMMED at most, and where their chains then begin. */
  abstract excess(before: number, most: number): Promise<Trimmed>;

  /** Removes the entries that `excess` returned. An entry that says so is stored before. */
  abstract trim(trimmed: Trimmed): Promise<void>;

  /** Number of entries. */
  abstract size(): Promise<number>;

  abstract close(): Promise<void>;
}
