import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../kernel/logger.js';

/** A CloudEvent in its JSON form; `source` and `id` never change, so a repeated event is stored once. */
export interface OutgoingEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly severity: 'info' | 'warn' | 'error' | 'critical';
  readonly module: string;
  readonly datacontenttype: 'application/json';
  readonly data: Record<string, unknown>;
}

export interface OutboxOptions {
  /** URLs of operator-backend's instances; events are sent to POST /operator/api/events. */
  readonly urls: readonly string[];
  readonly token: string;
  readonly logger: Logger;
  /** Greatest number of waiting events; beyond it the oldest are dropped. */
  readonly capacity?: number;
  /** Failures in a row before a warning. */
  readonly warnAt?: number;
}

const BATCH = 100;
const ATTEMPT_MS = 5_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** Failures in a row before a warning: a few are normal while the system starts or rolls out. */
const WARN_AT = 5;
/** Statuses for which sending the same events again cannot help. */
const HOPELESS = new Set([400, 413, 415]);

/**
 * Publishes events in order. Events wait while operator-backend does not answer, for
 * example while it starts or restarts. An event leaves the outbox when its 202 arrives.
 */
export class Outbox {
  private readonly waiting: OutgoingEvent[] = [];
  private sending: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  private dropped = 0;
  private failures = 0;
  private turn = 0;

  constructor(private readonly options: OutboxOptions) {}

  private get warnAt(): number {
    return this.options.warnAt ?? WARN_AT;
  }

  get size(): number {
    return this.waiting.length;
  }

  add(event: OutgoingEvent): void {
    this.waiting.push(event);
    if (this.waiting.length > (this.options.capacity ?? 1_000)) {
      this.waiting.shift();
      this.dropped += 1;
    }
    this.start();
  }

  /** Resolves when all events are published, or after `ms`. Sends nothing afterwards. */
  async close(ms: number): Promise<void> {
    const late = setTimeout(() => this.stopped.abort(), ms);
    await this.sending;
    clearTimeout(late);
    this.stopped.abort();
  }

  private start(): void {
    this.sending ??= this.run().finally(() => {
      this.sending = undefined;
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0 && !this.stopped.signal.aborted) {
      const batch = this.waiting.slice(0, BATCH);
      if (await this.send(batch)) this.published(batch);
      else await this.backOff();
    }
  }

  /** @returns whether the batch is finished: published, or refused for good */
  private async send(batch: readonly OutgoingEvent[]): Promise<boolean> {
    const { urls, token, logger } = this.options;
    const url = `${urls[this.turn % urls.length]}/operator/api/events`;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'X-VX11-Token': token,
          'Content-Type': 'application/cloudevents-batch+json',
        },
        body: JSON.stringify(batch),
        signal: AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), this.stopped.signal]),
      });
      const text = await answer.text();
      if (answer.ok) return true;
      this.warnOnce({ status: answer.status, answer: text.slice(0, 500) });
      if (!HOPELESS.has(answer.status)) return false;
      logger.error(
        { status: answer.status, events: batch.length },
        'operator-backend refused these events; they are dropped',
      );
      return true;
    } catch (err) {
      this.warnOnce({ reason: reasonOf(err) });
      return false;
    }
  }

  private published(batch: readonly OutgoingEvent[]): void {
    // The oldest may have been dropped meanwhile, so remove the batch's own events only.
    const done = new Set(batch);
    const left = this.waiting.filter((event) => !done.has(event));
    this.waiting.splice(0, this.waiting.length, ...left);
    if (this.failures >= this.warnAt || this.dropped > 0) {
      this.options.logger.info(
        { attempts: this.failures, lost: this.dropped },
        'publishing works again',
      );
    }
    this.failures = 0;
    this.dropped = 0;
  }

  /** Exponential backoff with full jitter, so that the neighbours do not retry at the same time. */
  private async backOff(): Promise<void> {
    this.failures += 1;
    this.turn += 1;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    const wait = FIRST_WAIT_MS + Math.random() * (longest - FIRST_WAIT_MS);
    await delay(wait, undefined, { signal: this.stopped.signal }).catch(ignoreAbort);
  }

  private warnOnce(fields: Record<string, unknown>): void {
    if (this.failures !== this.warnAt - 1) return;
    this.options.logger.warn(
      { ...fields, waiting: this.waiting.length },
      'publishing fails repeatedly; the events wait',
    );
  }
}

/** Returns the reason only: when operator-backend is unreachable, a stack of the neighbour is of no use. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== 'AbortError') throw error;
}
