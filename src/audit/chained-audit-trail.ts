import { Subject } from 'rxjs';
import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import { actionDoc } from './actions.js';
import type { AddressForm } from './address-form.js';
import type { AuditKey } from './audit-key.js';
import type { AuditMetrics } from './audit-metrics.js';
import type { AuditReader } from './audit-reader.js';
import {
  AuditStoreUnavailable,
  ChainBehind,
  ChainTaken,
  type AuditPage,
  type AuditQuery,
  type AuditScan,
  type AuditStore,
} from './audit-store.js';
import type { AuditFeed } from './audit-feed.js';
import { AuditTrail, type AuditEntry } from './audit-trail.js';
import { Bursts, type Sum } from './bursts.js';
import type { Draft } from './chain.js';
import { ChainWriter } from './chain-writer.js';
import { draftOf, unlinked } from './drafts.js';

/** Most entries that wait while the store does not answer; further ones are only counted. */
const MOST_WAITING = 5_000;
/**
 * The same while it answers. One turn of the event loop can record two entries for each stream
 * of an instance: that of a gateway whose end closes all connections at once.
 */
const MOST_IN_TURN = 50_000;
/** Milliseconds between two attempts. */
const RETRY_MS = 500;
/** Milliseconds between two writes of all sums for readers. */
const SETTLE_MS = 1_000;

export interface AuditForm {
  readonly key: AuditKey;
  readonly form: AddressForm;
}

/**
 * Writes the trail: sums up bursts, then links, signs and stores the entries.
 *
 * What is recorded in one turn of the event loop is stored together, and the next write
 * starts when the last one has ended: a chain has one writer, and its entries stay in order.
 */
export class ChainedAuditTrail extends AuditTrail implements AuditReader, AuditFeed {
  readonly recorded = new Subject<Draft>();
  private readonly bursts = new Bursts();
  private readonly writer: ChainWriter;
  private queue: { readonly draft: Draft; readonly finishes?: string }[] = [];
  private dirty = new Set<string>();
  private finished = new Set<string>();
  private lost = 0;
  private isSignDue = false;
  private next = Promise.withResolvers<void>();
  private writing: Promise<void> | undefined;
  private scheduled = false;
  private failing = false;
  private retryAt = 0;
  private settledAt = -Infinity;

  constructor(
    private readonly store: AuditStore,
    private readonly form: AuditForm,
    private readonly metrics: AuditMetrics,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    super();
    this.writer = new ChainWriter(store, form.key, clock, logger, (count) =>
      metrics.written(count),
    );
  }

  /** @throws AuditStoreUnavailable */
  async open(): Promise<void> {
    const { sums } = await this.writer.open();
    const latest = await this.store.newest();
    for (const { key, draft } of sums) this.put(draft, key);
    void this.record({
      action: 'audit.started',
      subject: this.writer.chain,
      detail: {
        key: this.form.key.publicKey,
        // Refers to the previous chain, so that the removal of a whole chain is detected.
        ...(latest ? { follows: `${latest.entry.chain} ${latest.entry.seq} ${latest.hash}` } : {}),
      },
    });
    await this.settled();
  }

  record(entry: AuditEntry): Promise<void> {
    const draft = draftOf(entry, this.clock.now(), this.form);
    this.recorded.next(draft);
    const key = this.bursts.add(draft, this.clock.monotonic());
    if (key === undefined) {
      this.log(draft);
      this.put(draft);
    } else {
      this.metrics.summed();
      this.dirty.add(key);
    }
    this.schedule();
    // A store that does not answer delays the first requests only.
    return this.failing ? Promise.resolve() : this.next.promise;
  }

  async list(query: AuditQuery, before: string | undefined, limit: number): Promise<AuditPage> {
    return this.reading(() => this.store.list(query, before, limit));
  }

  async scan(after: string | undefined, limit: number): Promise<AuditScan> {
    return this.reading(() => this.store.scan(after, limit));
  }

  /** Writes the sums of the windows that are over, and checkpoints; called once a second. */
  tick(): void {
    this.finish(this.bursts.take(this.clock.monotonic()));
    this.schedule();
    this.metrics.waiting(this.waiting);
  }

  /**
   * Stores entries about the trail itself between two writes.
   * @param adopts the chain whose end they record
   * @returns false when they are not stored: entries wait for the store, or another instance
   *   was faster
   * @throws AuditStoreUnavailable when they may be stored; the next write repeats them
   */
  async storeOwn(drafts: readonly Draft[], adopts?: string): Promise<boolean> {
    await this.settled();
    if (this.writing || this.writer.waiting.length > 0) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.writing = promise;
    try {
      return await this.writer.sendOwn(drafts, adopts);
    } finally {
      this.writing = undefined;
      resolve();
      this.schedule();
    }
  }

  /** An entry about the trail itself. */
  ownDraft(entry: AuditEntry, detail: Record<string, unknown>): Draft {
    return { ...draftOf(entry, this.clock.now(), this.form), detail };
  }

  /** Writes everything that has gathered, signs it, and closes the store. */
  async close(): Promise<void> {
    this.finish(this.bursts.take());
    await this.settled();
    this.isSignDue = this.writer.isUnsigned;
    await this.settled();
    await this.store.close().catch((err: unknown) => {
      this.logger.warn({ err }, 'audit trail: its store was not closed cleanly');
    });
  }

  private put(draft: Draft, finishes?: string): void {
    if (this.waiting < (this.failing ? MOST_WAITING : MOST_IN_TURN)) {
      this.queue.push(finishes === undefined ? { draft } : { draft, finishes });
      return;
    }
    this.lost += 1;
    this.metrics.lost(1);
  }

  private finish(sums: readonly Sum[]): void {
    for (const { key, draft } of sums) {
      this.dirty.delete(key);
      this.log(draft);
      this.put(draft, key);
    }
  }

  private schedule(): void {
    if (this.scheduled || this.writing || !this.hasWork) return;
    if (this.failing && this.clock.monotonic() < this.retryAt) return;
    this.scheduled = true;
    // After the poll phase, so that requests that arrived together share one write.
    setImmediate(() => {
      this.scheduled = false;
      if (!this.writing) this.start();
    });
  }

  /** Entries that are not stored. */
  private get waiting(): number {
    return this.queue.length + this.writer.waiting.length;
  }

  private get hasWork(): boolean {
    return (
      this.queue.length + this.writer.waiting.length + this.dirty.size + this.finished.size > 0 ||
      this.lost > 0 ||
      this.isSignDue ||
      this.writer.isSignatureDue
    );
  }

  private start(): void {
    this.writing = this.write().then((release) => {
      this.writing = undefined;
      release();
      this.schedule();
    });
  }

  /** One write of all that waits. @returns releases those who wait for it */
  private async write(): Promise<() => void> {
    const failure = await this.writer.finishOwn().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    // What is recorded from here on waits for the next write.
    const { resolve } = this.next;
    this.next = Promise.withResolvers<void>();
    if (failure) this.fails(failure.error);
    else await this.writeQueue();
    return resolve;
  }

  private async writeQueue(): Promise<void> {
    this.link();
    const { dirty, finished } = this;
    this.dirty = new Set();
    this.finished = new Set();
    const sums = [...dirty].flatMap((key) => this.bursts.sum(key) ?? []);
    try {
      await this.writer.send({ sums, finished: [...finished] });
      this.works();
    } catch (error) {
      // A sum that has ended meanwhile is in the queue as an entry.
      for (const key of dirty) if (this.bursts.sum(key)) this.dirty.add(key);
      for (const key of finished) this.finished.add(key);
      this.fails(error);
    }
  }

  private link(): void {
    for (const { draft, finishes } of this.queue) {
      this.writer.add(draft);
      if (finishes !== undefined) this.finished.add(finishes);
    }
    this.queue = [];
    // One entry for all, when the store has room again: not one for each attempt.
    if (this.lost > 0 && this.waiting < MOST_WAITING) {
      const lost: AuditEntry = { action: 'audit.lost', amount: this.lost };
      this.writer.add(draftOf(lost, this.clock.now(), this.form));
      this.lost = 0;
    }
    // Before these entries are stored: a verifier relies on it.
    if (this.isSignDue || this.writer.isSignatureDue) this.writer.sign();
    this.isSignDue = false;
  }

  private works(): void {
    if (!this.failing) return;
    this.failing = false;
    this.logger.info('audit trail: its store works again');
  }

  private fails(error: unknown): void {
    if (!isOutage(error)) throw error;
    this.metrics.failed();
    this.retryAt = this.clock.monotonic() + RETRY_MS;
    if (this.failing) return;
    this.failing = true;
    this.logger.error({ err: error }, 'audit trail: its store does not take entries');
    for (const { entry } of this.writer.waiting) this.log(unlinked(entry));
    for (const { draft } of this.queue) this.log(draft);
  }

  /** Resolves when the entries that wait now are written, or their write has failed. */
  private async settled(): Promise<void> {
    while (this.writing) await this.writing;
    if (!this.hasWork) return;
    this.retryAt = 0;
    const { promise } = this.next;
    this.schedule();
    await promise;
  }

  private async reading<T>(read: () => Promise<T>): Promise<T> {
    const now = this.clock.monotonic();
    if (now - this.settledAt >= SETTLE_MS) {
      this.settledAt = now;
      this.finish(this.bursts.take());
    }
    await this.settled();
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AuditStoreUnavailable)) throw error;
      throw new ProblemError(
        'audit_unavailable',
        `The audit trail cannot be read: ${error.message}. Send the request again as Retry-After says.`,
        { cause: error },
      );
    }
  }

  /** Ordinary traffic is logged only while the store does not take it. */
  private log(draft: Draft): void {
    const { frequent, result } = actionDoc(draft.action);
    const isQuiet = frequent !== undefined && result === 'done';
    const level = this.failing ? 'warn' : isQuiet ? 'debug' : 'info';
    if (level === 'debug' && !this.logger.isLevelEnabled(level)) return;
    this.logger[level]({ audit: true, ...draft }, draft.action);
  }
}

function isOutage(error: unknown): boolean {
  return (
    error instanceof AuditStoreUnavailable ||
    error instanceof ChainBehind ||
    error instanceof ChainTaken
  );
}
