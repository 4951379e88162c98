import type { Clock } from './clock.js';

/** Milliseconds. A prober that asked within this time is expected to ask again soon. */
const PROBE_MEMORY_MS = 5_000;

/**
 * Whether this process should get traffic. One object per process owns this state;
 * probes, admission and shutdown all read it. The state only moves forward: ready,
 * leaving (not ready, still serving), draining (no new streams).
 */
export class Readiness {
  private state: 'ready' | 'leaving' | 'draining' = 'ready';
  private probedAt = -Infinity;

  constructor(private readonly clock: Clock) {}

  get ready(): boolean {
    return this.state === 'ready';
  }

  get draining(): boolean {
    return this.state === 'draining';
  }

  /** Records that a readiness probe came in. */
  probed(): void {
    this.probedAt = this.clock.monotonic();
  }

  /** Whether a readiness probe came in during the last 5 seconds. */
  get isProbed(): boolean {
    return this.clock.monotonic() - this.probedAt < PROBE_MEMORY_MS;
  }

  /** Begins the shutdown. Returns false if it has already begun. */
  leave(): boolean {
    if (!this.ready) return false;
    this.state = 'leaving';
    return true;
  }

  /** From this call on, no stream may be opened. */
  drain(): void {
    this.state = 'draining';
  }
}
