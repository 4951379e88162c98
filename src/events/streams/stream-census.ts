import { Inject, Injectable } from '@nestjs/common';
import { AuditKey } from '../../audit/audit-key.js';
import { Environment } from '../../config/environment.js';
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

/** An instance reports a client that has this part of the limit per address open there. */
const REPORTED_PART = 16;
/** Clients reported at most, those with the most streams. */
const MOST_CLIENTS = 1_000;

/** Open streams by principal. */
type Counts = Readonly<Record<string, number>>;
interface Census {
  readonly counts: Counts;
  /** Open streams by the keyed hash of the client, of those that have many. */
  readonly from: Counts;
  /** The instance is shutting down; this is its last broadcast. */
  readonly leaving?: boolean;
}

/**
 * How many streams each principal, and each client with many, has open on the other instances. Each instance
 * broadcasts its counts once a second if they have changed. So checking a limit over
 * all instances needs no network request, but streams that open within the same second
 * may exceed it.
 */
@Injectable()
export class StreamCensus extends RemoteCounts implements Leader {
  private readonly peers: Peers<Pick<Census, 'counts' | 'from'>>;
  private sent = '';
  private sentAt = -Infinity;
  private leaving = false;
  private rounds = 0;
  private readonly settled = Promise.withResolvers<void>();

  constructor(
    private readonly registry: StreamRegistry,
    private readonly bus: InstanceBus,
    private readonly clock: Clock,
    private readonly key: AuditKey,
    @Inject(Environment) private readonly config: Pick<Environment, 'VX11_STREAMS_PER_ADDRESS'>,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'debug'>,
  ) {
    super();
    this.peers = new Peers(clock);
    if (bus.alone) this.settled.resolve();
    bus.on(TOPIC, (body, from) => {
      if (from === bus.self) return;
      // An instance of an older version reports no clients.
      const { counts = {}, from: clients = {}, leaving } = body as Partial<Census>;
      // A new peer has missed our earlier broadcasts: send the next one even if unchanged.
      if (!this.peers.of(from)) this.sentAt = -Infinity;
      if (leaving) this.peers.leave(from);
      else this.peers.report(from, { counts, from: clients });
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
    return this.peers.states.reduce((sum, { counts }) => sum + countIn(counts, principalId), 0);
  }

  streamsFrom(client: string): number {
    const states = this.peers.states.filter(({ from }) => Object.keys(from).length > 0);
    if (states.length === 0) return 0;
    const hash = this.key.hashAddress(client);
    return states.reduce((sum, { from }) => sum + countIn(from, hash), 0);
  }

  /** Sends the counts to the peers if they have changed; called once a second. */
  async broadcast(): Promise<void> {
    // By the third round every peer that received our first census has sent its own.
    this.rounds += 1;
    if (this.rounds === SETTLED_ROUNDS) this.settled.resolve();
    const counts = Object.fromEntries(this.registry.counts);
    const from = this.clients();
    const text = JSON.stringify({ counts, from });
    const now = this.clock.monotonic();
    if (this.leaving || (text === this.sent && now - this.sentAt < REPEAT_MS)) return;
    [this.sent, this.sentAt] = [text, now];
    await this.send({ counts, from });
  }

  /** Tells the peers to stop counting this instance. */
  async leave(): Promise<void> {
    this.leaving = true;
    await this.send({ counts: {}, from: {}, leaving: true });
  }

  /** Those with few streams are left out: every instance would send every address each second. */
  private clients(): Counts {
    const least = Math.max(1, Math.floor(this.config.VX11_STREAMS_PER_ADDRESS / REPORTED_PART));
    const many = [...this.registry.countsFrom].filter(([, count]) => count >= least);
    return Object.fromEntries(
      many
        .toSorted(([, one], [, other]) => other - one)
        .slice(0, MOST_CLIENTS)
        .map(([client, count]) => [this.key.hashAddress(client), count]),
    );
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

/** Names come from outside: `constructor` is no count. */
function countIn(counts: Counts, name: string): number {
  return Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
}
