import { Inject, Injectable } from '@nestjs/common';
import { backendUrls, serviceUrl } from '../config/addresses.js';
import { Environment } from '../config/environment.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
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

  constructor(config: Environment, @Inject(LOGGER) logger: Logger) {
    const one = (service: 'operator-frontend' | 'madre' | 'switch' | 'hermes') =>
      new UpstreamPool(service, [serviceUrl(config, service)], logger, false);
    this['operator-backend'] = new UpstreamPool(
      'operator-backend',
      backendUrls(config),
      logger,
      true,
    );
    this['operator-frontend'] = one('operator-frontend');
    this.madre = one('madre');
    this.switch = one('switch');
    this.hermes = one('hermes');
    this.probes = new UpstreamProbes(this['operator-backend'], '/readyz');
  }

  start(): void {
    this.probes.start();
  }

  stop(): void {
    this.probes.stop();
  }
}
