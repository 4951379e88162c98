import { Counter } from 'prom-client';
import { TokenCacheMetrics } from '../token-cache/token-cache-metrics.js';
import { PREFIX } from './names.js';

export class PrometheusTokenCacheMetrics extends TokenCacheMetrics {
  private readonly hits = new Counter({
    name: `${PREFIX}token_cache_local_hits_total`,
    help: "Uses of a token that this instance's memory decided, without asking Redis",
  });
  private readonly misses = new Counter({
    name: `${PREFIX}token_cache_local_misses_total`,
    help: 'Uses of a token that Redis had to decide; first uses always are',
  });

  localHit(): void {
    this.hits.inc();
  }

  localMiss(): void {
    this.misses.inc();
  }
}
