import { Counter } from 'prom-client';
import { TokenCacheMetrics } from '../token-cache/token-cache-metrics.js';
import { PREFIX } from './names.js';

export class PrometheusTokenCacheMetrics extends TokenCacheMetrics {
  private readonly hits = new Counter({
    name: `${PREFIX}token_cache_local_hits_total`,
    help: "Token redemptions decided from this instance's memory, without Redis",
  });
  private readonly misses = new Counter({
    name: `${PREFIX}token_cache_local_misses_total`,
    help: 'Token redemptions decided by Redis, as every first one is',
  });

  localHit(): void {
    this.hits.inc();
  }

  localMiss(): void {
    this.misses.inc();
  }
}
