import type { Clock } from '../../kernel/clock.js';
import type { Logger } from '../../kernel/logger.js';

/** Milliseconds from one round to the next while events keep coming; docs/adr/0008-rounds-of-13-ms.md has the measurement. */
const PERIOD_MS = 13;
/** Share of the event loop's time that writing may take. If it takes more, the period gets longer. */
const WRITING_SHARE = 0.5;
/** Number of writes between two readings of the clock. */
const SLICE = 32;
/** Milliseconds of writing after which a round yields to the event loop. */
const SLICE_MS = 1;

/** The writes of one round. Each step of the iterator is one write. */
export interface Rounds {
  round(): Iterable<void>;
  /** Whether frames wait to be written. */
  readonly pending: boolean;
}

/**
 * Runs rounds of writes: at once when events are rare, 13 ms apart when they are
 * frequent. A round yields to the event loop every millisecond, so that issuing
 * tokens, publishing events and health checks stay fast.
 */
export class RoundScheduler {
  private running = false;
  private timer: NodeJS.Timeout | undefined;
  /** When the last round began, monotonic milliseconds. */
  private roundAt = -Infinity;
  /** From the start of one round to the start of the next, milliseconds. */
  private period = PERIOD_MS;

  constructor(
    private readonly rounds: Rounds,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** Starts a round, or plans one for the end of the period. Call it when frames wait to be written. */
  schedule(): void {
    if (this.running || this.timer) return;
    const wait = this.roundAt + this.period - this.clock.monotonic();
    if (wait <= 0) void this.run();
    else this.timer = setTimeout(() => void this.run(), wait);
  }

  /** Cancels the planned round. A running round is not interrupted. */
  stop(): void {
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.running = true;
    this.roundAt = this.clock.monotonic();
    let sliceAt = this.roundAt;
    let writes = 0;
    let writing = 0;
    try {
      for (const _ of this.rounds.round()) {
        writes += 1;
        if (writes % SLICE !== 0) continue;
        const spent = this.clock.monotonic() - sliceAt;
        if (spent < SLICE_MS) continue;
        writing += spent;
        await new Promise(setImmediate);
        sliceAt = this.clock.monotonic();
      }
    } catch (err) {
      this.logger.error({ err }, 'a fan-out round failed; the next events start a new one');
    } finally {
      writing += this.clock.monotonic() - sliceAt;
      this.period = Math.max(PERIOD_MS, writing / WRITING_SHARE);
      this.running = false;
    }
    if (this.rounds.pending) this.schedule();
  }
}
