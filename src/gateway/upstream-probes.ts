import { probe } from '../http/probe.js';
import type { Trunks } from './trunks.js';
import type { Upstream, UpstreamPool } from './upstream-pool.js';

const PROBE_MS = 1_000;
/** Milliseconds after a probe that failed: shorter, because clients may be waiting. */
const OUT_PROBE_MS = 250;
const TIMEOUT_MS = 1_000;

/** Probes the readiness of each instance in a pool while the gateway runs. */
export class UpstreamProbes {
  private readonly timers = new Map<Upstream, NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly pool: UpstreamPool,
    private readonly path: string,
    private readonly trunks: Trunks,
  ) {}

  start(): void {
    for (const upstream of this.pool.upstreams) void this.look(upstream);
  }

  /** Probes an instance until the pool no longer has it; resolves after its first probe. */
  watch(upstream: Upstream): Promise<void> {
    return this.look(upstream);
  }

  stop(): void {
    this.stopped = true;
    this.trunks.stop();
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private async look(upstream: Upstream): Promise<void> {
    const result = await probe(upstream.url + this.path, TIMEOUT_MS);
    if (this.stopped || !this.pool.upstreams.includes(upstream)) {
      this.timers.delete(upstream);
      this.trunks.retire(upstream);
      return;
    }
    this.pool.observe(upstream, result);
    this.trunks.probed(upstream, result);
    const wait = result.up ? PROBE_MS : OUT_PROBE_MS;
    const timer = setTimeout(() => void this.look(upstream), wait);
    timer.unref();
    this.timers.set(upstream, timer);
  }
}
