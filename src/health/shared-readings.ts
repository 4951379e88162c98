import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { Peers } from '../instances/peers.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { LATENCIES, type Distribution, type Latency, type Reading } from './summary-source.js';

const TOPIC = 'summary.reading';

/** A reading as it is sent: counters (`grown`) and gauges (`standing`), each in a fixed order. */
interface Figures {
  readonly grown: readonly number[];
  readonly standing: readonly number[];
}

/**
 * Adds up the readings of all instances. Each instance broadcasts its own with every
 * sample. The sum takes only the increase between two readings of an instance: its first
 * reading adds nothing, and an instance that restarts has a new name. So the sum of the
 * counters never shrinks when instances start or stop.
 */
@Injectable()
export class SharedReadings {
  private readonly known: Peers<Figures>;
  private sum: number[] = [];

  constructor(
    private readonly bus: InstanceBus,
    clock: Clock,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'debug'>,
  ) {
    this.known = new Peers(clock);
    bus.on(TOPIC, (body, from) => {
      const { grown, standing } = body as Figures;
      const isReadable = [...grown, ...standing].every(Number.isFinite);
      if (from !== bus.self && isReadable) this.take(from, { grown, standing });
    });
  }

  /** Adds and broadcasts this instance's own reading; returns the sum over all instances. */
  async addUp(own: Reading): Promise<Reading> {
    const figures = figuresOf(own);
    this.take(this.bus.self, figures);
    await this.broadcast(figures);
    const standing = this.known.states.reduce(
      (total, one) => total.map((value, index) => value + (one.standing[index] ?? 0)),
      figures.standing.map(() => 0),
    );
    return readingOf(own, this.sum, standing);
  }

  /** Goes on from the counters of an earlier process. */
  restore(reading: Reading): void {
    this.sum = [...figuresOf(reading).grown];
  }

  /** Number of instances in the sum. */
  get instances(): number {
    return Math.max(1, this.known.instances.length);
  }

  private take(instance: string, figures: Figures): void {
    if (this.sum.length === 0) this.sum = figures.grown.map(() => 0);
    // During a rollout, an instance of another version may send other figures.
    if (figures.grown.length !== this.sum.length) return;
    const before = this.known.of(instance);
    this.known.report(instance, figures);
    // An instance's name is new at each start, so its figures never shrink.
    if (!before) return;
    this.sum = this.sum.map(
      (value, index) => value + (figures.grown[index] ?? 0) - (before.grown[index] ?? 0),
    );
  }

  private async broadcast(figures: Figures): Promise<void> {
    try {
      await this.bus.send(TOPIC, figures);
    } catch (err) {
      this.logger.debug({ err }, 'could not send the readings to the other instances');
    }
  }
}

function figuresOf({ opened, validations, streams, ...reading }: Reading): Figures {
  return {
    grown: [
      reading.issued,
      reading.published,
      reading.delivered,
      opened.ephemeral,
      opened.principal,
      validations.valid,
      validations.invalid,
      ...LATENCIES.flatMap((name) => reading.latencies[name].counts),
    ],
    standing: [reading.activeTokens, streams.ephemeral, streams.principal],
  };
}

/** The inverse of `figuresOf`; takes the time and the histograms' bounds from `own`. */
function readingOf(own: Reading, grown: readonly number[], standing: readonly number[]): Reading {
  const left = [...grown];
  const next = (): number => left.shift() ?? 0;
  const latency = (name: Latency): Distribution => {
    const { bounds, counts } = own.latencies[name];
    return { bounds, counts: counts.map(next) };
  };
  const [activeTokens = 0, ephemeral = 0, principal = 0] = standing;
  return {
    at: own.at,
    monotonic: own.monotonic,
    issued: next(),
    published: next(),
    delivered: next(),
    opened: { ephemeral: next(), principal: next() },
    validations: { valid: next(), invalid: next() },
    activeTokens,
    streams: { ephemeral, principal },
    // In the order of LATENCIES.
    latencies: {
      issue: latency('issue'),
      validation: latency('validation'),
      open: latency('open'),
      delivery: latency('delivery'),
    },
  };
}
