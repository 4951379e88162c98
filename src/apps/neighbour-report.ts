import { monitorEventLoopDelay } from 'node:perf_hooks';
import { randomBytes } from 'node:crypto';
import type { OutgoingEvent } from './neighbour-outbox.js';

/** Event loop delay at p99 above which the report is a warning, milliseconds. */
const LATE_MS = 100;
const SAMPLE_MS = 10;

/** The events that a service publishes about itself: started, load, stopping. */
export class SelfReport {
  private readonly run = randomBytes(6).toString('hex');
  private readonly delays = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  private cpu = process.cpuUsage();
  private at = performance.now();
  private sequence = 0;

  constructor(
    private readonly service: string,
    private readonly version: string,
  ) {
    this.delays.enable();
  }

  started(): OutgoingEvent {
    const { service, version } = this;
    const summary = `${service} has started`;
    return this.event('started', 'info', { summary, version, node: process.version });
  }

  /** The load since the last report. */
  load(): OutgoingEvent {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.cpu);
    const cores = (user + system) / 1000 / Math.max(1, now - this.at);
    // The histogram measures whole intervals, which include the sampling period.
    const delayMs = Math.max(0, this.delays.percentile(99) / 1e6 - SAMPLE_MS);
    const { rss, heapUsed } = process.memoryUsage();
    this.cpu = process.cpuUsage();
    this.at = now;
    this.delays.reset();
    return this.event('load', delayMs > LATE_MS ? 'warn' : 'info', {
      summary: `${this.service} uses ${cores.toFixed(2)} cores and ${Math.round(rss / 2 ** 20)} MiB; its event loop is ${delayMs.toFixed(1)} ms late at p99`,
      cpu_cores: rounded(cores),
      event_loop_delay_p99_ms: rounded(delayMs),
      memory_rss_bytes: rss,
      memory_heap_bytes: heapUsed,
      uptime_sec: Math.round(process.uptime()),
    });
  }

  stopping(): OutgoingEvent {
    this.delays.disable();
    return this.event('stopping', 'warn', {
      summary: `${this.service} is stopping`,
      uptime_sec: Math.round(process.uptime()),
    });
  }

  private event(
    what: string,
    severity: OutgoingEvent['severity'],
    data: Record<string, unknown>,
  ): OutgoingEvent {
    this.sequence += 1;
    return {
      specversion: '1.0',
      id: `${this.run}-${this.sequence}`,
      source: `/${this.service}`,
      type: `vx11.neighbour.${what}`,
      time: new Date().toISOString(),
      severity,
      module: this.service,
      datacontenttype: 'application/json',
      data,
    };
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
