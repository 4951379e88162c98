import { Counter } from 'prom-client';
import { SUSPICIOUS_PATTERNS, type SuspiciousPattern } from '../auth/security-events.js';
import { WatchMetrics } from '../watch/watch-metrics.js';
import { PREFIX } from './names.js';

export class PrometheusWatchMetrics extends WatchMetrics {
  private readonly patterns = new Counter({
    name: `${PREFIX}suspicious_patterns_total`,
    help: 'Suspicious patterns that this instance reported for all instances, by pattern',
    labelNames: ['pattern'],
  });

  constructor() {
    super();
    // Every series starts at 0: rates and alerts need a first value.
    for (const pattern of SUSPICIOUS_PATTERNS) this.patterns.inc({ pattern }, 0);
  }

  suspicious(pattern: SuspiciousPattern): void {
    this.patterns.inc({ pattern });
  }
}
