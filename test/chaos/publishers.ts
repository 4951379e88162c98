import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Bitmap } from './bitmap.js';
import { eventOf, PUBLISHERS } from './workload.js';

const TICK_MS = 100;
/** The contract's limit for a batch. */
const LARGEST_BATCH = 500;
const TIMEOUT_MS = 10_000;
const LEAST_RETRY_MS = 50;
const MOST_RETRY_MS = 500;
/** How long an unanswered batch is repeated at the end, milliseconds. */
const PATIENCE_MS = 120_000;

export interface PublishingReport {
  readonly made: number;
  readonly accepted: number;
  readonly requests: number;
  /** Answers other than 202, and no answers: how many of each kind. */
  readonly failures: Record<string, number>;
  /** Events that a repeated batch was told to be kept already. */
  readonly duplicates: number;
  /** Batches that never got their 202. */
  readonly abandoned: number;
  /** From the first attempt of a batch to its 202, milliseconds, ascending. */
  readonly latencies: Float64Array;
}

/** Publishers that send one batch after the other, each until it has its 202. */
export class Publishers {
  readonly accepted = Array.from({ length: PUBLISHERS }, () => new Bitmap());
  private readonly agent = new Agent({ keepAlive: true, timeout: 60_000 });
  private readonly failures: Record<string, number> = {};
  private readonly latencies: number[] = [];
  private readonly run = Math.random().toString(36).slice(2);
  private made = 0;
  private requests = 0;
  private duplicates = 0;
  private abandoned = 0;
  private readonly ending = new AbortController();
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly url: string,
    private readonly token: string,
    /** Events a second, of all together. */
    private readonly rate: number,
  ) {}

  start(): void {
    const all = Array.from({ length: PUBLISHERS }, (_, publisher) => this.publish(publisher));
    this.running = Promise.all(all);
  }

  /** No more new events; resolves when what was made is accepted, or given up. */
  async stop(): Promise<PublishingReport> {
    this.ending.abort();
    await this.running;
    this.agent.destroy();
    const accepted = this.accepted.reduce((sum, { count }) => sum + count, 0);
    const { made, requests, failures, duplicates, abandoned } = this;
    const latencies = Float64Array.from(this.latencies).sort();
    return { made, accepted, requests, failures, duplicates, abandoned, latencies };
  }

  private async publish(publisher: number): Promise<void> {
    const startedAt = performance.now();
    const { signal } = this.ending;
    for (let n = 0; ;) {
      const due = ((performance.now() - startedAt) / 1000) * (this.rate / PUBLISHERS);
      const count = Math.min(LARGEST_BATCH, Math.floor(due) - n);
      if (signal.aborted) return;
      if (count <= 0) {
        await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const batch = Array.from({ length: count }, (_, index) => n + index);
      n += count;
      this.made += count;
      await this.send(publisher, batch);
      if (count < LARGEST_BATCH) await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async send(publisher: number, batch: readonly number[]): Promise<void> {
    const madeAt = Date.now();
    const body = JSON.stringify(batch.map((n) => eventOf(this.run, { publisher, n }, madeAt)));
    const firstAt = performance.now();
    for (;;) {
      const outcome = await this.post(body);
      this.requests += 1;
      if (outcome.status === 202) {
        for (const n of batch) this.accepted[publisher]?.add(n);
        this.duplicates += outcome.duplicates;
        this.latencies.push(performance.now() - firstAt);
        return;
      }
      this.failures[outcome.why] = (this.failures[outcome.why] ?? 0) + 1;
      if (this.ending.signal.aborted && performance.now() - firstAt > PATIENCE_MS) {
        this.abandoned += 1;
        return;
      }
      await delay(LEAST_RETRY_MS + Math.random() * (MOST_RETRY_MS - LEAST_RETRY_MS));
    }
  }

  private post(body: string): Promise<{ status: number; why: string; duplicates: number }> {
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException) =>
        resolve({ status: 0, why: error.code ?? error.message, duplicates: 0 });
      const sent = request(`${this.url}/operator/api/events`, {
        agent: this.agent,
        method: 'POST',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          'x-vx11-token': this.token,
          'content-type': 'application/cloudevents-batch+json',
          'content-length': Buffer.byteLength(body),
        },
      });
      sent.once('error', failed);
      sent.once('response', (response) => {
        let text = '';
        response.once('error', failed);
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => {
          const status = response.statusCode ?? 0;
          const answer = JSON.parse(text || '{}') as { code?: string; duplicates?: number };
          resolve({
            status,
            why: `${status} ${answer.code ?? ''}`,
            duplicates: answer.duplicates ?? 0,
          });
        });
      });
      sent.end(body);
    });
  }
}
