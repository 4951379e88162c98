import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { AuditKey } from './audit-key.js';
import {
  ChainBehind,
  ChainTaken,
  type AuditStore,
  type Batch,
  type Opened,
} from './audit-store.js';
import {
  CHECKPOINT_ENTRIES,
  CHECKPOINT_MS,
  checkpointText,
  GENESIS,
  link,
  type Draft,
  type Head,
  type StoredEntry,
} from './chain.js';
import { unlinked } from './drafts.js';

/** Most entries of one append: a few tens of milliseconds of SQLite or of a script in Redis. */
const MOST_IN_APPEND = 1_000;
/** Stored entries kept in memory, because a failover of Redis may lose the newest ones. */
const RETAINED = 2_000;

type Rest = Pick<Batch, 'sums' | 'finished'>;
const NOTHING: Rest = { sums: [], finished: [] };

type Moment = { readonly now: number; readonly monotonic: number };
/** Where a chain stands. */
type Place = { readonly head: Head; readonly unsigned: number; readonly signedAt: Moment };

/**
 * The chain of one writer: links entries, signs them from time to time, and hands them to
 * the store in order. An entry that the store did not take goes out with the next ones.
 */
export class ChainWriter {
  /** The end of the chain, with the entries that are linked and not stored yet. */
  private head: Head = { chain: '', seq: 0, hash: GENESIS };
  private unstored: StoredEntry[] = [];
  private readonly retained: StoredEntry[] = [];
  /** What `sendOwn` has linked while it is not certain whether it is stored. */
  private own: { adopts: string | undefined; before: Place } | undefined;
  private unsigned = 0;
  private signedAt: Moment;

  constructor(
    private readonly store: AuditStore,
    private readonly key: AuditKey,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'info'>,
    private readonly onStored: (count: number) => void,
  ) {
    this.signedAt = this.moment();
  }

  get chain(): string {
    return this.head.chain;
  }

  /** Entries that are linked and not stored. */
  get waiting(): readonly StoredEntry[] {
    return this.unstored;
  }

  get isUnsigned(): boolean {
    return this.unsigned > 0;
  }

  /** By either clock: one of them stands still while the machine sleeps. */
  get isSignatureDue(): boolean {
    if (!this.isUnsigned) return false;
    const { now, monotonic } = this.moment();
    const { signedAt } = this;
    return Math.max(now - signedAt.now, monotonic - signedAt.monotonic) >= CHECKPOINT_MS;
  }

  async open(): Promise<Opened> {
    const opened = await this.store.open();
    this.head = opened.head;
    // The first entry is signed at once, in the same batch: no chain is without a signature.
    this.unsigned = CHECKPOINT_ENTRIES;
    this.signedAt = this.moment();
    return opened;
  }

  add(draft: Draft): void {
    this.link(draft);
    if (this.unsigned >= CHECKPOINT_ENTRIES) this.sign();
  }

  sign(): void {
    const { chain, seq, hash: prev } = this.head;
    const time = new Date(this.clock.now()).toISOString();
    const signature = this.key.sign(checkpointText({ chain, seq: seq + 1, prev, time }));
    this.link({
      action: 'audit.checkpoint',
      result: 'done',
      time,
      detail: { key: this.key.publicKey, signature },
    });
    this.unsigned = 0;
    this.signedAt = this.moment();
  }

  /**
   * Stores what waits, in parts between which the event loop serves others.
   * @throws what the store throws; the entries that it did not take wait for the next call
   */
  async send(rest: Rest): Promise<void> {
    for (; ; await new Promise(setImmediate)) {
      const isLast = this.unstored.length <= MOST_IN_APPEND;
      await this.sendPart(isLast ? rest : NOTHING);
      // Entries that a failover of Redis has lost may have come on top.
      if (isLast && this.unstored.length === 0) return;
    }
  }

  private async sendPart(rest: Rest): Promise<void> {
    for (let isRepeat = false; ; isRepeat = true) {
      const entries = this.unstored.slice(0, MOST_IN_APPEND);
      try {
        await this.store.append({ entries, ...rest });
        this.stored(entries);
        return;
      } catch (error) {
        if (isRepeat || !(await this.follow(error))) throw error;
      }
    }
  }

  /**
   * Links entries about the trail itself, signs and stores them. After an error they may be stored:
   * `finishOwn` has to succeed before anything else is linked.
   * @returns false when the store has refused them; the chain is as before
   */
  async sendOwn(drafts: readonly Draft[], adopts?: string): Promise<boolean> {
    const { head, unsigned, signedAt } = this;
    for (const draft of drafts) this.add(draft);
    if (this.isUnsigned) this.sign();
    this.own = { adopts, before: { head, unsigned, signedAt } };
    return this.finishOwn();
  }

  /** Stores what the last `sendOwn` has linked. A batch that is stored already changes nothing. */
  async finishOwn(): Promise<boolean> {
    if (!this.own) return true;
    const { adopts, before } = this.own;
    const entries = [...this.unstored];
    try {
      await this.store.append({ entries, ...NOTHING, adopts });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      Object.assign(this, before, { unstored: [], own: undefined });
      return false;
    }
    this.own = undefined;
    this.stored(entries);
    return true;
  }

  /**
   * The chain in the store does not end where this writer expects. Sends the entries again
   * that the store has lost. When they are no longer in memory, the unstored entries go into
   * a new chain.
   * @returns false when the store failed in another way
   */
  private async follow(error: unknown): Promise<boolean> {
    if (error instanceof ChainBehind) {
      const missing = this.retained.filter(({ entry }) => entry.seq > error.seq);
      if (missing[0]?.entry.seq === error.seq + 1) {
        this.unstored.unshift(...missing);
        return true;
      }
    } else if (!(error instanceof ChainTaken && error.isOwn)) {
      return false;
    }
    // A checkpoint is about its place in the chain.
    const drafts = this.unstored
      .filter(({ entry }) => entry.action !== 'audit.checkpoint')
      .map(({ entry }) => unlinked(entry));
    this.unstored = [];
    this.retained.length = 0;
    await this.open();
    for (const draft of drafts) this.add(draft);
    return true;
  }

  private link(draft: Draft): void {
    const stored = link(this.head, draft);
    this.head = { chain: stored.entry.chain, seq: stored.entry.seq, hash: stored.hash };
    this.unstored.push(stored);
    this.unsigned += 1;
  }

  private stored(entries: readonly StoredEntry[]): void {
    this.unstored = this.unstored.slice(entries.length);
    this.onStored(entries.length);
    for (const { entry, hash } of entries) {
      if (entry.action !== 'audit.checkpoint') continue;
      // The log of the process has the hash too, out of reach of an attacker who can change the
      // store.
      const { chain, seq } = entry;
      this.logger.info({ chain, seq, hash }, 'audit trail: checkpoint');
    }
    this.retained.push(...entries);
    if (this.retained.length > 2 * RETAINED) this.retained.splice(0, RETAINED);
  }

  private moment(): Moment {
    return { now: this.clock.now(), monotonic: this.clock.monotonic() };
  }
}

/** Whether the store has answered that it did not take the batch. */
function isRefusal(error: unknown): boolean {
  return error instanceof ChainTaken || error instanceof ChainBehind;
}
