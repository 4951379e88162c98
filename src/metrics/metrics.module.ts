import { Global, Module, type DynamicModule } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { collectDefaultMetrics, register, type Registry } from 'prom-client';
import { AuditMetrics } from '../audit/audit-metrics.js';
import { TokenMetrics } from '../auth/token-metrics.js';
import { EventMetrics } from '../events/event-metrics.js';
import { GatewayMetrics } from '../gateway/gateway-metrics.js';
import { HttpMetrics } from '../http/http-metrics.js';
import { CanaryMetrics } from '../health/canary-metrics.js';
import { SummarySource } from '../health/summary-source.js';
import { WatchMetrics } from '../watch/watch-metrics.js';
import { TokenCacheMetrics } from '../token-cache/token-cache-metrics.js';
import { PrometheusAuditMetrics } from './audit-metrics.prometheus.js';
import { PrometheusCanaryMetrics } from './canary-metrics.prometheus.js';
import { PrometheusGatewayMetrics } from './gateway-metrics.prometheus.js';
import { PrometheusHttpMetrics } from './http-metrics.prometheus.js';
import { MetricsController } from './metrics.controller.js';
import { PrometheusSummarySource } from './summary-source.prometheus.js';
import { PrometheusEventMetrics } from './event-metrics.prometheus.js';
import { PrometheusTokenCacheMetrics } from './token-cache-metrics.prometheus.js';
import { PrometheusTokenMetrics } from './token-metrics.prometheus.js';
import { PrometheusWatchMetrics } from './watch-metrics.prometheus.js';

/** The scrape route and the HTTP metrics, in the global registry. */
function base(
  app: string,
  version: string,
): Required<Pick<DynamicModule, 'imports' | 'providers' | 'exports'>> {
  // A process runs one app. A test may create a second one, which needs an empty registry.
  register.clear();
  return {
    imports: [PrometheusModule.register({ controller: MetricsController })],
    providers: [
      { provide: HttpMetrics, useFactory: () => new PrometheusHttpMetrics(app, version) },
    ],
    exports: [HttpMetrics],
  };
}

@Global()
@Module({})
export class MetricsModule {
  /** @param onRedis whether the instances share a Redis */
  static forBackend(version: string, onRedis: boolean): DynamicModule {
    const { imports, providers, exports } = base('operator-backend', version);
    return {
      module: MetricsModule,
      imports,
      providers: [
        ...providers,
        { provide: AuditMetrics, useClass: PrometheusAuditMetrics },
        { provide: TokenMetrics, useClass: PrometheusTokenMetrics },
        { provide: EventMetrics, useClass: PrometheusEventMetrics },
        { provide: TokenCacheMetrics, useClass: PrometheusTokenCacheMetrics },
        { provide: WatchMetrics, useClass: PrometheusWatchMetrics },
        { provide: CanaryMetrics, useFactory: () => new PrometheusCanaryMetrics(onRedis) },
        { provide: SummarySource, useClass: PrometheusSummarySource },
      ],
      exports: [
        ...exports,
        AuditMetrics,
        TokenMetrics,
        EventMetrics,
        TokenCacheMetrics,
        WatchMetrics,
        CanaryMetrics,
        SummarySource,
      ],
    };
  }

  static forGateway(version: string, registry: Registry): DynamicModule {
    const { providers, exports } = alone('tentaculo-link', version, registry);
    return {
      module: MetricsModule,
      providers: [
        ...providers,
        { provide: GatewayMetrics, useFactory: () => new PrometheusGatewayMetrics(registry) },
      ],
      exports: [...exports, GatewayMetrics],
    };
  }

  /** For processes without tokens and streams. */
  static forApp(app: string, version: string, registry: Registry): DynamicModule {
    return { module: MetricsModule, ...alone(app, version, registry) };
  }
}

/** HTTP metrics and Node's default metrics in the given registry. The app serves them itself. */
function alone(
  app: string,
  version: string,
  registry: Registry,
): Required<Pick<DynamicModule, 'providers' | 'exports'>> {
  collectDefaultMetrics({ register: registry });
  return {
    providers: [
      { provide: HttpMetrics, useFactory: () => new PrometheusHttpMetrics(app, version, registry) },
    ],
    exports: [HttpMetrics],
  };
}
