import type { Service } from '../config/addresses.js';
import type { Clock } from '../kernel/clock.js';
import type { Look } from './services.js';

/** Milliseconds for which the results of the last probes are reused. */
const FRESH_MS = 1_000;

export interface SurveyRow {
  readonly name: Service;
  readonly status: 'up' | 'down' | 'embedded';
  readonly latency_ms: number | null;
}

/** The current status of the services. Probes them only when `rows` is called. */
export class ServiceSurvey {
  private last: { readonly at: number; readonly rows: Promise<SurveyRow[]> } | undefined;

  constructor(
    private readonly services: ReadonlyMap<Service, Look>,
    private readonly clock: Clock,
  ) {}

  rows(): Promise<SurveyRow[]> {
    const at = this.clock.monotonic();
    if (!this.last || at - this.last.at >= FRESH_MS) this.last = { at, rows: this.lookAtAll() };
    return this.last.rows;
  }

  private lookAtAll(): Promise<SurveyRow[]> {
    return Promise.all(
      [...this.services].map(async ([name, look]) => {
        if (look === 'embedded') return { name, status: 'embedded', latency_ms: null } as const;
        const { up, ms } = await look();
        return { name, status: up ? 'up' : 'down', latency_ms: up ? ms : null } as const;
      }),
    );
  }
}
