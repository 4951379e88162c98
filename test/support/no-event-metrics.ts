import { EventMetrics } from '../../src/events/event-metrics.js';

/** Counts nothing. */
export class NoEventMetrics extends EventMetrics {
  override opened(): void {}
  override begun(_seconds: number): void {}
  override ended(): void {}
  override delivered(_events: number, _sockets: number): void {}
  override replayed(): void {}
  override gap(): void {}
  override published(): void {}
}
