import type { Clock } from '../kernel/clock.js';
import type { InstanceBus } from '../kernel/instance-bus.js';
import type { Logger } from '../kernel/logger.js';
import type { StreamRegistry } from './stream-registry.js';

const TOPIC = 'streams.census';
/** Milliseconds after which an instance says how it stands although nothing has changed. */
const SAY_AGAIN_MS = 5_000;
/** Milliseconds of silence after which an instance counts as gone. */
const GONE_MS = 16_000;

/** Open streams by principal. */
type Counts = Readonly<Record<string, number>>;
interface Census {
  readonly counts: Counts;
  /** The instance is shutting down: it will not say anything any more. */
  readonly leaving?: boolean;
}

/**
 * How many streams each principal has open on the other instances. Each says so
 * once a second when it has changed, so a limit over all instances costs no
 * request anything, and may be exceeded by what opens within that second.
 */
export class StreamCensus {
  private readonly others = new Map<string, { counts: Counts; heardAt: number }>();
  private said = '';
  private saidAt = -Infinity;
  private leaving = false;

  constructor(
    private readonly registry: StreamRegistry,
    private readonly bus: InstanceBus,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'debug'>,
  ) {
    registry.elsewhere = (principalId) => this.elsewhere(principalId);
    bus.messages.subscribe(({ topic, from, body }) => {
      if (topic !== TOPIC || from === bus.self) return;
      const { counts, leaving } = body as Census;
      // A new one wants to know of the others, and gets no old message.
      if (!this.others.has(from)) this.saidAt = -Infinity;
      if (leaving) this.others.delete(from);
      else this.others.set(from, { counts, heardAt: clock.monotonic() });
    });
  }

  /** How many other instances there are. */
  get instances(): number {
    this.forget();
    return this.others.size;
  }

  /** Whether this instance is the one that tells of what all of them see, so that it is told once. */
  get speaks(): boolean {
    this.forget();
    return [...this.others.keys()].every((other) => this.bus.self < other);
  }

  /** Streams of a principal on other instances. */
  elsewhere(principalId: string): number {
    let sum = 0;
    for (const { counts } of this.others.values()) sum += counts[principalId] ?? 0;
    return sum;
  }

  /** Tells the others what has changed; called once a second. */
  async say(): Promise<void> {
    this.forget();
    const counts = Object.fromEntries(this.registry.counts);
    const words = JSON.stringify(counts);
    const now = this.clock.monotonic();
    if (this.leaving || (words === this.said && now - this.saidAt < SAY_AGAIN_MS)) return;
    [this.said, this.saidAt] = [words, now];
    await this.send({ counts });
  }

  /** From now on this instance is not waited for. */
  async leave(): Promise<void> {
    this.leaving = true;
    await this.send({ counts: {}, leaving: true });
  }

  private async send(census: Census): Promise<void> {
    try {
      await this.bus.send(TOPIC, census);
    } catch (err) {
      // The others count what they last heard, until it is too old.
      this.logger.debug({ err }, 'the census could not be sent');
    }
  }

  private forget(): void {
    const now = this.clock.monotonic();
    for (const [instance, { heardAt }] of this.others) {
      if (now - heardAt > GONE_MS) this.others.delete(instance);
    }
  }
}
