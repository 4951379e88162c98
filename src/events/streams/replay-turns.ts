import type { Clock } from '../../kernel/clock.js';

/** Milliseconds of one turn of the event loop that replays may take. */
const SLICE_MS = 2;

/**
 * Lets replays write one after the other. After a deployment thousands of clients have
 * missed the same events, which are in memory, so that nothing would stop their replays
 * until the last byte is written: for many seconds, the event loop would serve nobody else.
 *
 * One replay at a time has the turn, and writes until its client or its log makes it
 * wait, so that the first clients are complete early, and what is in flight stays small.
 * Those that have waited come before those that have not begun.
 */
export class ReplayTurns {
  private readonly returning: (() => void)[] = [];
  private readonly beginning: (() => void)[] = [];
  private taken = false;
  /** When replays have used up this turn of the event loop; absent before the first write in it. */
  private sliceEndsAt: number | undefined;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Runs `work` when it has its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.take(this.beginning);
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  /** Of the replay that has the turn: leaves it to others until `wait` is over. */
  async leave<T>(wait: () => Promise<T>): Promise<T> {
    this.pass();
    try {
      return await wait();
    } finally {
      await this.take(this.returning);
    }
  }

  /** Whether replays have used up their time; the one that has the turn then calls `yield`. */
  get spent(): boolean {
    const now = this.clock.monotonic();
    if (this.sliceEndsAt === undefined) {
      this.sliceEndsAt = now + SLICE_MS;
      setImmediate(() => (this.sliceEndsAt = undefined));
    }
    return now >= this.sliceEndsAt;
  }

  /** Lets the event loop serve others; the turn stays where it is. */
  async yield(): Promise<void> {
    await new Promise(setImmediate);
  }

  private async take(queue: (() => void)[]): Promise<void> {
    if (this.taken) await new Promise<void>((resolve) => queue.push(resolve));
    this.taken = true;
  }

  private pass(): void {
    const next = this.returning.shift() ?? this.beginning.shift();
    if (next) next();
    else this.taken = false;
  }
}
