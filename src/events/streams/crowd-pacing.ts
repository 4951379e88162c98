import type { Clock } from '../../kernel/clock.js';

const WINDOW_MS = 5_000;
/** Refusals a second that an instance should have to send: a few percent of one core. */
const WANTED_PER_SEC = 25;
const LEAST_SEC = 5;
const MOST_SEC = 120;

/**
 * How long clients in front of a full instance should wait. A refusal still takes a
 * connection and a request, so a crowd that came back every few seconds would take the
 * processor from the streams that are open: the more are refused, the later they are asked to come.
 */
export class CrowdPacing {
  private windowAt = -Infinity;
  private before = 0;
  private now = 0;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Counts one refusal. @returns seconds for its Retry-After */
  refused(): number {
    const at = this.clock.monotonic();
    const age = at - this.windowAt;
    if (age >= WINDOW_MS) {
      this.before = age < 2 * WINDOW_MS ? this.now : 0;
      this.now = 0;
      this.windowAt = at;
    }
    this.now += 1;
    // The window before this one counts, until this one has more.
    const perSec = Math.max(this.before, this.now) / (WINDOW_MS / 1000);
    return Math.min(MOST_SEC, Math.max(LEAST_SEC, Math.ceil(perSec / WANTED_PER_SEC)));
  }
}
