import type { Clock } from '../src/clock.js';

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/** Time that only moves when a test says so. Milliseconds. */
export class ManualClock implements Clock {
  #elapsed = 0;
  #wall = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#elapsed;
  }

  wall(): number {
    return this.#wall;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.#elapsed + ms, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Time passes on both clocks; what falls due runs in its order and at its time. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#move(Math.max(0, next.due - this.#elapsed));
      this.#timers.delete(next);
      next.task();
    }
    this.#move(end - this.#elapsed);
  }

  /** Time passes until the next timer is due, however long that takes. */
  advanceToNextTimer(): void {
    const next = this.#next(Infinity);
    if (next) this.advance(Math.max(0, next.due - this.#elapsed));
  }

  /** Somebody sets the wall clock; no time passes. */
  setWall(byMs: number): void {
    this.#wall += byMs;
  }

  /** The machine sleeps: the wall clock goes on, the monotonic one and all timers stand still. */
  sleep(ms: number): void {
    this.#wall += ms;
  }

  #move(ms: number): void {
    this.#elapsed += ms;
    this.#wall += ms;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
  }
}
