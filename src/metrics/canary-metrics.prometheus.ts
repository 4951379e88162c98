import { Counter, Gauge } from 'prom-client';
import { CanaryMetrics } from '../health/canary-metrics.js';
import { PREFIX } from './names.js';

export class PrometheusCanaryMetrics extends CanaryMetrics {
  private readonly seconds = new Gauge({
    name: `${PREFIX}delivery_canary_seconds`,
    help: 'Seconds that the last canary took through the store and back; NaN when it was lost',
  });
  private readonly lost = new Counter({
    name: `${PREFIX}delivery_canaries_lost_total`,
    help: 'Canaries that did not come back in time, so events are not delivered',
  });
  private readonly redisUp: Gauge | undefined;

  /** @param onRedis whether the store is a Redis instead of a part of this process */
  constructor(onRedis: boolean) {
    super();
    if (!onRedis) return;
    this.redisUp = new Gauge({
      name: `${PREFIX}redis_up`,
      help: '1 when the last canary came back through Redis, else 0; absent without a Redis',
    });
  }

  returned(seconds: number | undefined): void {
    this.seconds.set(seconds ?? NaN);
    if (seconds === undefined) this.lost.inc();
    this.redisUp?.set(seconds === undefined ? 0 : 1);
  }
}
