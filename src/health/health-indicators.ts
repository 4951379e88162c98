import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DRAINING, type DownReason } from '../http/health-problem.js';
import { ProblemError } from '../kernel/problem.js';
import { Readiness } from '../kernel/readiness.js';
import { StoreHealth } from './store-health.js';

const NO_EVENT_LOG: DownReason = {
  code: 'not_ready',
  detail: 'The event log does not answer; this instance recovers by itself when it does.',
  retryAfterSec: 2,
};

/** Down from the first moment of a shutdown. */
@Injectable()
export class TrafficIndicator {
  constructor(
    private readonly readiness: Readiness,
    private readonly indicators: HealthIndicatorService,
  ) {}

  check(): HealthIndicatorResult {
    const indicator = this.indicators.check('traffic');
    return this.readiness.ready ? indicator.up() : indicator.down(DRAINING);
  }
}

/** Down while the event log does not work. */
@Injectable()
export class EventLogIndicator {
  constructor(
    private readonly stores: StoreHealth,
    private readonly indicators: HealthIndicatorService,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('event_log');
    if (await this.stores.check()) return indicator.up();
    const { trouble } = this.stores;
    return trouble instanceof ProblemError && trouble.code === 'event_log_full'
      ? indicator.down({ ...NO_EVENT_LOG, code: trouble.code, detail: trouble.detail })
      : indicator.down(NO_EVENT_LOG);
  }
}
