import type { Socket } from 'node:net';
import type { HopKeys } from '../http/hop-keys.js';
import type { Probed } from '../http/probe.js';
import type { Logger } from '../kernel/logger.js';
import { Trunk } from './trunk.js';
import type { Upstream } from './upstream-pool.js';

/** Milliseconds after which an instance that refused a trunk is asked again. */
const REFUSED_MS = 60_000;

/**
 * A trunk to each instance that takes one. Whatever a probe finds wrong, the next request
 * gets another connection: after a failed network, the old one may be silent for minutes.
 */
export class Trunks {
  /** Those that take requests. */
  private readonly trunks = new Map<Upstream, Trunk>();
  /** All that are not closed: retired ones carry streams. */
  private readonly all = new Map<Trunk, Upstream>();
  /** Until when an instance is not asked again, monotonic milliseconds. */
  private readonly refusals = new WeakMap<Upstream, number>();

  /** @param keys absent: there are no trunks */
  constructor(
    private readonly keys: HopKeys | undefined,
    private readonly logger: Logger,
  ) {}

  /** The trunk for a request to the instance; undefined where it needs a connection of its own. */
  to(upstream: Upstream): Trunk | undefined {
    const trunk = this.trunks.get(upstream);
    return trunk?.isOpen ? trunk : undefined;
  }

  /** How many can be used. */
  get open(): number {
    return [...this.trunks.values()].filter(({ isOpen }) => isOpen).length;
  }

  *sockets(): Iterable<Socket> {
    for (const { socket } of this.all.keys()) yield socket;
  }

  probed(upstream: Upstream, result: Probed): void {
    if (!result.up) {
      // One that only answers late goes on, as long as it says something.
      if (result.why !== 'timeout' || upstream.isSilent) this.retire(upstream);
      return;
    }
    for (const [trunk, to] of this.all) if (to === upstream) trunk.check();
    if (result.takesTrunks && this.keys && this.mayAsk(upstream)) {
      this.connect(upstream, this.keys);
    }
  }

  retire(upstream: Upstream): void {
    const trunk = this.trunks.get(upstream);
    this.trunks.delete(upstream);
    trunk?.retire();
  }

  stop(): void {
    for (const upstream of this.trunks.keys()) this.retire(upstream);
  }

  private mayAsk(upstream: Upstream): boolean {
    const until = this.refusals.get(upstream) ?? -Infinity;
    return !this.trunks.has(upstream) && performance.now() >= until;
  }

  private connect(upstream: Upstream, keys: HopKeys): void {
    const { url } = upstream;
    const trunk = new Trunk(url, keys, (state, why) => {
      if (state !== 'open') this.forget(upstream, trunk);
      if (state === 'refused') {
        this.refusals.set(upstream, performance.now() + REFUSED_MS);
        this.logger.warn(
          { upstream: url },
          'an upstream takes no trunk, so that each stream has a connection of its own: compare VX11_HOP_KEYS and the clocks of both sides, or set VX11_GATEWAY_TRUNKS=0 if a proxy between them refuses `Upgrade`',
        );
      } else {
        this.logger.info(
          { upstream: url, state, reason: why?.message },
          'the trunk to an upstream has changed its state',
        );
      }
    });
    this.trunks.set(upstream, trunk);
    this.all.set(trunk, upstream);
  }

  private forget(upstream: Upstream, trunk: Trunk): void {
    this.all.delete(trunk);
    if (this.trunks.get(upstream) === trunk) this.trunks.delete(upstream);
  }
}
