import type { Clock } from '../../kernel/clock.js';
import type { InstanceBus } from '../../instances/instance-bus.js';
import { Peers } from '../../instances/peers.js';
import type { Logger } from '../../kernel/logger.js';
import type { StreamRegistry } from './stream-registry.js';

const TOPIC = 'streams.census';
/** Milliseconds after which an instance says how it stands although nothing has changed. */
const SAY_AGAIN_MS = 5_000;

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
  private readonly others: Peers<Counts>;
  private said = '';
  private saidAt = -Infinity;
  private leaving = false;
  private rounds = 0;
  private readonly introduced = Promise.withResolvers<void>();

  constructor(
    private readonly registry: StreamRegistry,
    private readonly bus: InstanceBus,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'debug'>,
  ) {
    this.others = new Peers(clock);
    if (bus.alone) this.introduced.resolve();
    registry.elsewhere = (principalId) => this.elsewhere(principalId);
    bus.messages.subscribe(({ topic, from, body }) => {
      if (topic !== TOPIC || from === bus.self) return;
      const { counts, leaving } = body as Census;
      // A new one wants to know of the others, and gets no old message.
      if (!this.others.of(from)) this.saidAt = -Infinity;
      if (leaving) this.others.leave(from);
      else this.others.report(from, counts);
    });
  }

  /** How many other instances there are. */
  get instances(): number {
    return this.others.instances.length;
  }

  /**
   * Whether this instance is the one that tells of what all of them see, so that
   * it is told once. Answered when it has had the time to hear of the others.
   */
  async speaks(): Promise<boolean> {
    await this.introduced.promise;
    return this.others.instances.every((other) => this.bus.self < other);
  }

  /** Streams of a principal on other instances. */
  elsewhere(principalId: string): number {
    return this.others.states.reduce((sum, counts) => sum + (counts[principalId] ?? 0), 0);
  }

  /** Tells the others what has changed; called once a second. */
  async say(): Promise<void> {
    // Who heard the first has answered with its own by the third.
    this.rounds += 1;
    if (this.rounds === 3) this.introduced.resolve();
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
}
