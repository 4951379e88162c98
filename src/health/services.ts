import { backendUrls, SERVICES, serviceUrl, type Service } from '../config/addresses.js';
import type { Config } from '../config/config.js';
import { probe, timed, type Probed } from '../http/probe.js';
import { pingRedis } from './redis-ping.js';

const TIMEOUT_MS = 1_000;

/** How to look at a service; `embedded`: it is a part of operator-backend. */
export type Look = (() => Promise<Probed>) | 'embedded';

/**
 * How each of the seven is looked at from this process.
 * @param self the process itself, which knows better than a look from outside
 */
export function looks(
  config: Config,
  self: { readonly service: Service; readonly look: () => Promise<Probed> },
): ReadonlyMap<Service, Look> {
  return new Map(
    SERVICES.map((service) => [
      service,
      service === self.service ? self.look : lookAt(config, service),
    ]),
  );
}

function lookAt(config: Config, service: Service): Look {
  switch (service) {
    case 'redis': {
      const url = config.VX11_REDIS_URL;
      if (url === undefined) return 'embedded';
      return () => timed(() => pingRedis(url, TIMEOUT_MS));
    }
    case 'operator-backend':
      return () => anyOf(backendUrls(config).map((url) => `${url}/readyz`));
    case 'tentaculo-link':
      return at(`${serviceUrl(config, service)}/livez`);
    case 'madre':
    case 'operator-frontend':
    case 'switch':
    case 'hermes':
      return at(`${serviceUrl(config, service)}/health`);
    default:
      return service satisfies never;
  }
}

function at(url: string): () => Promise<Probed> {
  return () => probe(url, TIMEOUT_MS);
}

/** A service of several instances is up when one of them is. */
async function anyOf(urls: readonly string[]): Promise<Probed> {
  const seen = await Promise.all(urls.map((url) => probe(url, TIMEOUT_MS)));
  return seen.find(({ up }) => up) ?? (seen[0] as Probed);
}
