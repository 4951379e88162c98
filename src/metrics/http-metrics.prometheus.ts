import { Counter, Gauge, Histogram, register, type Registry } from 'prom-client';
import { HttpMetrics } from '../http/http-metrics.js';
import { REQUEST_SECONDS } from './names.js';

/** Every app uses the same metric names; the label `app` distinguishes them. */
export class PrometheusHttpMetrics extends HttpMetrics {
  private readonly requests: Counter;
  private readonly duration: Histogram;

  constructor(
    private readonly app: string,
    version: string,
    registry: Registry = register,
  ) {
    super();
    const registers = [registry];
    this.requests = new Counter({
      name: 'vx11_http_requests_total',
      help: 'HTTP requests, by the status of the response; 499: the client left before it',
      labelNames: ['app', 'method', 'route', 'status'],
      registers,
    });
    this.duration = new Histogram({
      name: 'vx11_http_request_duration_seconds',
      help: 'Seconds from the arrival of a request to the end of its response, without streams',
      labelNames: ['app', 'method', 'route'],
      buckets: REQUEST_SECONDS,
      registers,
    });
    new Gauge({
      name: 'vx11_build_info',
      help: 'Always 1; the labels identify the build',
      labelNames: ['app', 'version', 'node'],
      // Of several processes of one app as well.
      aggregator: 'first',
      registers,
    }).set({ app, version, node: process.version }, 1);
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    const { app } = this;
    this.requests.inc({ app, method, route, status: String(status) });
    if (!route.endsWith('/stream')) this.duration.observe({ app, method, route }, seconds);
  }
}
