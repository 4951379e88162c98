import { Inject, Injectable } from '@nestjs/common';
import { InstanceBus } from '../../instances/instance-bus.js';
import { Peers } from '../../instances/peers.js';
import type { Leader } from '../../instances/leader.js';
import { Clock } from '../../kernel/clock.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import { RemoteCounts } from './remote-counts.js';
import { StreamRegistry } from './stream-registry.js';

const TOPIC = 'streams.census';
/** Milliseconds after which an instance broadcasts unchanged counts again. */
const REPEAT_MS = 5_000;
/** Rounds (seconds) after which every peer has answered this instance's first broadcast. */
const SETTLED_ROUNDS = 3;

/** Open streams by principal. */
type Counts = Readonly<Record<string, number>>;
interface Census {
  readonly counts: Counts;
  /** The instance is shutting down; this is its last broadcast. */
  readonly leaving?: boolean;
}

/**
 * How many streams each principal has open on the other instances. Each instance
 * broadcasts its counts once a second if they have changed. So checking a limit over
 * all instances needs no network request, but streams that open within the same second
 * may exceed it.
 */
@Injectable()
export class StreamCensus extends RemoteCounts implements Leader {
  private readonly peers: Peers<Counts>;
  private sent = '';
  private sentAt = -Infinity;
  private leaving = false;
  private rounds = 0;
  private readonly settled = Promise.withResolvers<void>();

  constructor(
    private readonly registry: StreamRegistry,
    private readonly bus: InstanceBus,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'debug'>,
  ) {
    super();
    this.peers = new Peers(clock);
    if (bus.alone) this.settled.resolve();
    bus.messages.subscribe(({ topic, from, body }) => {
      if (topic !== TOPIC || from === bus.self) return;
      const { counts, leaving } = body as Census;
      // A new peer has missed our earlier broadcasts: send the next one even if unchanged.
      if (!this.peers.of(from)) this.sentAt = -Infinity;
      if (leaving) this.peers.leave(from);
      else this.peers.report(from, counts);
    });
  }

  /** Number of other instances. */
  get peerCount(): number {
    return this.peers.instances.length;
  }

  /** The leader is the instance with the smallest name. */
  async isLeader(): Promise<boolean> {
    await this.settled.promise;
    return this.peers.instances.every((peer) => this.bus.self < peer);
  }

  streamsOf(principalId: string): number {
    return this.peers.states.reduce((sum, counts) => sum + (counts[principalId] ?? 0), 0);
  }

  /** Sends the counts to the peers if they have changed; called once a second. */
  async broadcast(): Promise<void> {
    // By the third round every peer that received our first census has sent its own.
    this.rounds += 1;
    if (this.rounds === SETTLED_ROUNDS) this.settled.resolve();
    const counts = Object.fromEntries(this.registry.counts);
    const text = JSON.stringify(counts);
    const now = this.clock.monotonic();
    if (this.leaving || (text === this.sent && now - this.sentAt < REPEAT_MS)) return;
    [this.sent, this.sentAt] = [text, now];
    await this.send({ counts });
  }

  /** Tells the peers to stop counting this instance. */
  async leave(): Promise<void> {
    this.leaving = true;
    await this.send({ counts: {}, leaving: true });
  }

  private async send(census: Census): Promise<void> {
    try {
      await this.bus.send(TOPIC, census);
    } catch (err) {
      // The peers keep the counts of the last broadcast until they are too old.
      this.logger.debug({ err }, 'the census could not be sent');
    }
  }
}
