import { setTimeout as delay } from 'node:timers/promises';
import { probe } from '../http/probe.js';
import type { Trunks } from './trunks.js';
import type { Upstream, UpstreamPool } from './upstream-pool.js';

const PROBE_MS = 1_000;
/** Milliseconds after a probe that failed: shorter, because clients may be waiting. */
const OUT_PROBE_MS = 250;
const TIMEOUT_MS = 1_000;
/** Least milliseconds between two probes, however many requests want to know. */
const LEAST_GAP_MS = 20;

/** The probing of one instance. */
interface Watch {
  readonly upstream: Upstream;
  timer?: NodeJS.Timeout;
  /** When the last probe began, monotonic milliseconds. */
  since: number;
  /** The last probe, which may be under way. */
  last: Promise<void>;
  /** The probe that begins next, for those who want to know. */
  next?: Promise<void> | undefined;
}

/** Probes the readiness of each instance in a pool while the gateway runs. */
export class UpstreamProbes {
  private readonly watches = new Map<Upstream, Watch>();
  private stopped = false;

  constructor(
    private readonly pool: UpstreamPool,
    private readonly path: string,
    private readonly trunks: Trunks,
  ) {
    pool.confirm = (upstream) => this.confirm(upstream);
  }

  start(): void {
    for (const upstream of this.pool.upstreams) void this.watch(upstream);
  }

  /** Probes an instance until the pool no longer has it; resolves after its first probe. */
  watch(upstream: Upstream): Promise<void> {
    const watch: Watch = { upstream, since: 0, last: Promise.resolve() };
    this.watches.set(upstream, watch);
    return this.look(watch);
  }

  stop(): void {
    this.stopped = true;
    this.trunks.stop();
    for (const { timer } of this.watches.values()) clearTimeout(timer);
  }

  /** Resolves after a probe that began later than this call; calls share it. */
  private confirm(upstream: Upstream): Promise<void> {
    const watch = this.watches.get(upstream);
    if (!watch) return Promise.resolve();
    watch.next ??= this.lookNext(watch);
    return watch.next;
  }

  private async lookNext(watch: Watch): Promise<void> {
    await watch.last;
    clearTimeout(watch.timer);
    await delay(Math.max(0, watch.since + LEAST_GAP_MS - performance.now()));
    watch.next = undefined;
    if (!this.stopped && this.watches.has(watch.upstream)) await this.look(watch);
  }

  private look(watch: Watch): Promise<void> {
    watch.since = performance.now();
    watch.last = this.probe(watch);
    return watch.last;
  }

  private async probe(watch: Watch): Promise<void> {
    const { upstream } = watch;
    const result = await probe(upstream.url + this.path, TIMEOUT_MS);
    if (this.stopped || !this.pool.upstreams.includes(upstream)) {
      this.watches.delete(upstream);
      this.trunks.retire(upstream);
      return;
    }
    this.pool.observe(upstream, result);
    this.trunks.probed(upstream, result);
    const wait = result.up ? PROBE_MS : OUT_PROBE_MS;
    watch.timer = setTimeout(() => void this.look(watch), wait);
    watch.timer.unref();
  }
}
