import { Clock } from '../../src/kernel/clock.js';

/** Time that only moves when a test says so. Milliseconds. */
export class ManualClock extends Clock {
  private elapsed = 0;

  constructor(private wall = Date.UTC(2026, 0, 1)) {
    super();
  }

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.elapsed;
  }

  /** Time passes, on both clocks. */
  advance(ms: number): void {
    this.wall += ms;
    this.elapsed += ms;
  }

  /** Somebody sets the wall clock; no time passes. */
  step(ms: number): void {
    this.wall += ms;
  }
}
