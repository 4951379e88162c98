import { Inject, Injectable } from '@nestjs/common';
import { backendUrls, serviceUrl } from '../config/addresses.js';
import { Environment } from '../config/environment.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { BackendDiscovery } from './backend-discovery.js';
import { Trunks } from './trunks.js';
import { UpstreamPool } from './upstream-pool.js';
import { UpstreamProbes } from './upstream-probes.js';

/** The services behind the gateway; operator-backend may have several instances. */
@Injectable()
export class Upstreams {
  readonly 'operator-backend': UpstreamPool;
  readonly 'operator-frontend': UpstreamPool;
  readonly madre: UpstreamPool;
  readonly switch: UpstreamPool;
  readonly hermes: UpstreamPool;
  private readonly probes: UpstreamProbes;
  /** Of the instances that were found last. */
  private firstProbes: readonly Promise<void>[] = [];
  private readonly discovery: BackendDiscovery | undefined;

  constructor(config: Environment, @Inject(LOGGER) logger: Logger, trunks: Trunks) {
    const one = (service: 'operator-frontend' | 'madre' | 'switch' | 'hermes') =>
      new UpstreamPool(service, [serviceUrl(config, service)], logger, false);
    this['operator-backend'] = new UpstreamPool(
      'operator-backend',
      config.VX11_BACKEND_DNS === undefined ? backendUrls(config) : [],
      logger,
      true,
      config.VX11_BACKEND_DNS === undefined ? undefined : config.VX11_BACKEND_URLS[0],
    );
    this['operator-frontend'] = one('operator-frontend');
    this.madre = one('madre');
    this.switch = one('switch');
    this.hermes = one('hermes');
    this.probes = new UpstreamProbes(this['operator-backend'], '/readyz', trunks);
    if (config.VX11_BACKEND_DNS !== undefined) {
      this.discovery = new BackendDiscovery(
        config.VX11_BACKEND_DNS,
        (urls) => this.discovered(urls),
        logger,
      );
    }
  }

  /** Resolves when the instances are known, as far as DNS answers. */
  async start(): Promise<void> {
    this.probes.start();
    await this.discovery?.start();
    await Promise.all(this.firstProbes);
  }

  stop(): void {
    this.discovery?.stop();
    this.probes.stop();
    this['operator-backend'].stop();
  }

  private discovered(urls: readonly string[]): void {
    const added = this['operator-backend'].replace(urls);
    this.firstProbes = added.map((upstream) => this.probes.watch(upstream));
  }
}
