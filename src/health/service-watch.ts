import type { Service } from '../config/addresses.js';
import type { Probed } from '../http/probe.js';
import type { Clock } from '../kernel/clock.js';
import { ServiceRecord, type Moment, type ServiceStatus } from './service-record.js';
import type { RememberedService } from './health-memory.js';
import type { Look } from './services.js';

/** Milliseconds between two probes of a service that is up. */
const EVERY_MS = 1_000;
/** Milliseconds between two probes of a service that is not up, or whose last probe failed. */
const DOUBTFUL_MS = 500;

/** One of the seven services, as GET /operator/api/services shows it. */
export interface ServiceRow {
  readonly name: Service;
  readonly status: ServiceStatus | 'embedded';
  readonly latency_ms: number | null;
  /** When the status began (RFC 3339); null before the first result. */
  readonly since: string | null;
}

export interface ServiceChange {
  readonly name: Service;
  readonly status: 'up' | 'down';
  readonly latencyMs: number | undefined;
  /** Milliseconds that the previous status lasted; absent when there was none. */
  readonly afterMs: number | undefined;
}

interface Watched {
  readonly look: () => Promise<Probed>;
  readonly record: ServiceRecord;
  lookedAt: number;
  looking: boolean;
}

/** Probes the services repeatedly and reports every change. */
export class ServiceWatch {
  private readonly watched = new Map<Service, Watched>();
  private readonly startedAt: number;

  constructor(
    private readonly services: ReadonlyMap<Service, Look>,
    private readonly clock: Clock,
    private readonly changed: (change: ServiceChange) => Promise<void> | void,
  ) {
    const created = this.now();
    this.startedAt = created.wall;
    for (const [name, look] of services) {
      if (look === 'embedded') continue;
      const record = new ServiceRecord(created);
      this.watched.set(name, { look, record, lookedAt: -Infinity, looking: false });
    }
  }

  /** Probes the services that are due; called twice a second. Resolves when all of them have answered or timed out. */
  async tick(): Promise<void> {
    await Promise.all([...this.watched].map(([name, service]) => this.lookIfDue(name, service)));
  }

  /** What an earlier process has seen last: what has not changed is no event. */
  remember(services: readonly RememberedService[]): void {
    for (const { name, status, since } of services)
      this.watched.get(name as Service)?.record.remember(status, since);
  }

  /** The services that are known to be up or down. */
  known(): RememberedService[] {
    return [...this.watched].flatMap(
      ([
        name,
        {
          record: { status, since },
        },
      ]) => (status === 'unknown' || since === undefined ? [] : [{ name, status, since }]),
    );
  }

  rows(): ServiceRow[] {
    return [...this.services.keys()].map((name) => {
      const record = this.watched.get(name)?.record;
      return {
        name,
        status: record?.status ?? 'embedded',
        latency_ms: record?.latencyMs ?? null,
        since: instant(record ? record.since : this.startedAt),
      };
    });
  }

  private async lookIfDue(name: Service, service: Watched): Promise<void> {
    const { record } = service;
    const every = record.doubtful ? DOUBTFUL_MS : EVERY_MS;
    if (service.looking || this.clock.monotonic() - service.lookedAt < every) return;
    service.looking = true;
    service.lookedAt = this.clock.monotonic();
    const { up, ms } = await service.look();
    service.looking = false;
    const { since } = record;
    const status = record.observe(up, ms, this.now());
    if (!status) return;
    const afterMs =
      since === undefined || record.since === undefined ? undefined : record.since - since;
    await this.changed({ name, status, latencyMs: record.latencyMs, afterMs });
  }

  private now(): Moment {
    return { wall: this.clock.now(), monotonic: this.clock.monotonic() };
  }
}

function instant(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString();
}
