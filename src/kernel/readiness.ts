import type { Clock } from './clock.js';

/** Milliseconds. A prober that asked within this time is expected to ask again soon. */
const PROBE_MEMORY_MS = 5_000;

/**
 * Whether this process should get traffic. One object per process, and its only
 * owner: probes, admission and shutdown all ask it. The state only moves forward:
 * ready, leaving (not ready, still serving), draining (no new streams).
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

  /** A readiness probe came in. */
  probed(): void {
    this.probedAt = this.clock.monotonic();
  }

  /** Whether a readiness probe came in during the last 5 seconds. */
  get isProbed(): boolean {
    return this.clock.monotonic() - this.probedAt < PROBE_MEMORY_MS;
  }

  /** The shutdown begins. Returns false when it had begun before. */
  leave(): boolean {
    if (!this.ready) return false;
    this.state = 'leaving';
    return true;
  }

  /** From now on no stream may be opened. */
  drain(): void {
    this.state = 'draining';
  }
}
