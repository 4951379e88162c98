import { Counter, Gauge, type Registry } from 'prom-client';
import { GatewayMetrics, type GatewayState } from '../gateway/gateway-metrics.js';

const PREFIX = 'vx11_gateway_';

export class PrometheusGatewayMetrics extends GatewayMetrics {
  private readonly retries: Counter;
  private readonly failures: Counter;
  private readonly refused: Counter;

  constructor(private readonly registry: Registry) {
    super();
    const registers = [registry];
    this.retries = new Counter({
      name: `${PREFIX}retries_total`,
      help: 'Requests sent again because an instance was unreachable, broke off, hung or answered 503',
      registers,
    });
    this.failures = new Counter({
      name: `${PREFIX}upstream_failures_total`,
      help: 'Attempts without a response from a service, by kind of failure',
      labelNames: ['kind'],
      registers,
    });
    this.refused = new Counter({
      name: `${PREFIX}connections_refused_total`,
      help: 'Connections refused because the address or the process had too many',
      labelNames: ['reason'],
      registers,
    });
    for (const kind of ['unreachable', 'late', 'broken', 'timeout', 'hung', 'refused'])
      this.failures.inc({ kind }, 0);
    for (const reason of ['address', 'process']) this.refused.inc({ reason }, 0);
  }

  watch(state: GatewayState): void {
    new Gauge({
      name: `${PREFIX}streams_active`,
      help: 'Open streams through the gateway',
      registers: [this.registry],
      collect() {
        this.set(state.streams());
      },
    });
    new Gauge({
      name: `${PREFIX}requests_waiting`,
      help: 'Requests that wait until an instance of operator-backend is up',
      registers: [this.registry],
      collect() {
        this.set(state.waiting());
      },
    });
    new Gauge({
      name: `${PREFIX}trunks`,
      help: 'Connections to instances of operator-backend that carry many streams each',
      registers: [this.registry],
      collect() {
        this.set(state.trunks());
      },
    });
    // Each process of the gateway probes the upstreams itself; the gateway reports their average.
    new Gauge({
      name: `${PREFIX}upstreams`,
      help: 'Instances of operator-backend that the gateway knows, by state',
      labelNames: ['state'],
      aggregator: 'average',
      registers: [this.registry],
      collect() {
        const up = state.upstreamsUp();
        this.set({ state: 'up' }, up);
        this.set({ state: 'out' }, state.upstreams() - up);
      },
    });
  }

  retried(): void {
    this.retries.inc();
  }

  upstreamFailed(kind: 'unreachable' | 'late' | 'broken' | 'timeout' | 'hung' | 'refused'): void {
    this.failures.inc({ kind });
  }

  connectionRefused(reason: 'address' | 'process'): void {
    this.refused.inc({ reason });
  }
}
